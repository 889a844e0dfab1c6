// Package kernia authenticates the users of a Go program on the program's own database: accounts, sessions, and the
// features given to [New], served over HTTP by a framework adapter or called as plain Go. The wire format is that of the
// Better Auth JavaScript library, whose official client works unchanged.
//
// Everything in an Auth is safe for concurrent use, and two Auths in one process share nothing. The package has three
// doors; the files of each begin alike.
//
// # For an application (app_*.go)
//
// An application imports this package, one transport (package nethttp beside it, or an adapter for its framework), one
// store, and the features it wants:
//
//	store, err := kerniasqlite.Open(ctx, "app.db")
//	auth, err := kernia.New(kernia.Config{
//		BaseURL: "https://api.example.com/api/auth", Secret: secret, Store: store,
//	}, emailpassword.Feature{})
//
// [Config] has every setting. [Auth.Users], [Auth.Sessions] and [Auth.Accounts] work with what is stored, [Auth.Tx] and
// [Auth.Hold] with transactions. [Auth.Verify] tells whose a session token is. Where there is no HTTP, the features' own
// functions run the same operations; [Invoke] and [InvokeJSON] run any by its name. [Hooks] see and decide changes, and
// [Field] adds columns to users and sessions.
//
// # For the author of a feature (feature_*.go)
//
// A [Feature] describes on its [Declaration] what it adds: operations ([Get], [Post], [Func]), a [Cookie], a [Table],
// values that work once ([OneTimeOf]), a [Sealer], a [Throttle], credentials ([Declaration.Authenticate]), steps around
// operations of others ([Declaration.Before], [Declaration.After]), and steps that every sign-in passes
// ([Declaration.Interrupt]). A handler gets the [Call]: it learns there who acts, and records there what the answer must
// do besides its value. Work behind the answer goes to [Auth.Enqueue]. Package featuretest tells when a feature is right.
//
// # For the author of a transport (transport_*.go)
//
// A transport copies a request of its framework into a [Request], calls [Auth.Serve] and writes the [Response]; for the
// application's own routes it calls [Auth.Guard]. A transport without HTTP calls [Auth.Authenticate] with the
// [Credentials] it was given, and [WithClient]. Package transporttest tells when a transport is right.
package kernia
