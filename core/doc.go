// Package kernia authenticates the users of a Go program on the program's own database: accounts, sessions,
// and the features given to [New], served over HTTP by a framework adapter or called as plain Go.
//
// An application imports this package, one transport (package nethttp beside it, or an adapter for its
// framework) and one store:
//
//	store, err := kerniasqlite.Open(ctx, "app.db")
//	auth, err := kernia.New(kernia.Config{
//		BaseURL: "https://api.example.com/api/auth", Secret: secret, Store: store,
//	}, emailpassword.Feature{})
//
// [Auth.Serve] answers one HTTP request given as a value; [Invoke], and the typed functions of the features over
// it, run the same operations without HTTP; [Auth.Verify] tells whom a session token belongs to. The wire format is
// that of the Better Auth JavaScript library, whose official client works unchanged.
//
// Everything in an Auth is safe for concurrent use, and two Auths in one process share nothing.
package kernia
