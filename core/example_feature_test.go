package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// open returns an Auth in memory with the features, in which ann@example.com has the password "correct horse".
func open(features ...kernia.Feature) *kernia.Auth {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, append(features, emailpassword.Feature{})...)
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	ann := auth.Users.New(ctx)
	ann.Name, ann.Email = "Ann", "ann@example.com"
	hash, err := auth.Accounts.HashPassword(ctx, "correct horse")
	if err == nil {
		_, err = auth.Users.Create(ctx, ann, kernia.Account{ProviderID: kernia.CredentialProvider, Password: hash})
	}
	if err != nil {
		panic(err)
	}
	return auth
}

// ask sends a request without a network; a body is JSON.
func ask(auth *kernia.Auth, method, path, body string, header kernia.Header) kernia.Response {
	if header == nil {
		header = kernia.Header{}
	}
	header["Origin"] = []string{"https://api.example.com"}
	if body != "" {
		header["Content-Type"] = []string{"application/json"}
	}
	return auth.Serve(context.Background(), &kernia.Request{
		Method: method, Path: "/api/auth" + path, Host: "api.example.com", Header: header, Body: []byte(body), Length: int64(len(body)),
	})
}

const signIn = `{"email": "ann@example.com", "password": "correct horse"}`

// themes remembers the look that a browser chose.
type themes struct{}

type themeInput struct {
	Theme string `json:"theme" in:"max=20"`
}

// Declare adds a cookie that lasts a year, and an operation that sets it.
func (themes) Declare(d *kernia.Declaration) {
	d.Name("themes")
	chosen := d.Cookie("theme", kernia.CookieOptions{MaxAge: 365 * 24 * time.Hour})
	kernia.Post(d, "/theme", func(_ context.Context, c *kernia.Call, in themeInput) (string, error) {
		before, _ := chosen.Read(c)
		return "was " + before, chosen.Set(c, in.Theme)
	})
}

// A cookie of a feature's own is signed, and named and secured like all others.
func ExampleDeclaration_Cookie() {
	auth := open(themes{})
	a := ask(auth, "POST", "/theme", `{"theme": "dark"}`, nil)
	cookie, attributes, _ := strings.Cut(a.Cookies[0], ";")
	name, _, _ := strings.Cut(cookie, "=")
	fmt.Printf("%s %s;%s\n", a.Body, name, attributes)

	a = ask(auth, "POST", "/theme", `{"theme": "light"}`, kernia.Header{"Cookie": {cookie}})
	fmt.Printf("%s\n", a.Body)
	// Output:
	// "was " __Secure-better-auth.theme; Max-Age=31536000; Path=/; HttpOnly; Secure; SameSite=Lax
	// "was dark"
}

// codes asks for a code after the password.
type codes struct{}

type codeNeeded struct {
	CodeNeeded bool `json:"codeNeeded"`
}

// Declare adds a step that every sign-in passes.
func (codes) Declare(d *kernia.Declaration) {
	d.Name("codes")
	pending := kernia.OneTimeOf[string](d, "code", 5*time.Minute).Sealed(d)
	challenge := d.Cookie("code", kernia.CookieOptions{MaxAge: 5 * time.Minute})
	d.Interrupt(func(ctx context.Context, c *kernia.Call, at kernia.Attempt) error {
		if at.Renewal || !at.ByPassword() {
			return nil
		}
		attempt, err := c.Suspend(at)
		if err != nil {
			return err
		}
		token, err := pending.Issue(ctx, attempt)
		if err != nil {
			return err
		}
		if err := challenge.Set(c, token); err != nil {
			return err
		}
		return &kernia.Diversion{Answer: codeNeeded{true}}
	})
}

// A step may end a sign-in with an answer in place of a session.
func ExampleDeclaration_Interrupt() {
	a := ask(open(codes{}), "POST", "/sign-in/email", signIn, nil)
	fmt.Println(a.Status, string(a.Body))
	for _, line := range a.Cookies {
		name, value, _ := strings.Cut(line, "=")
		fmt.Println(name, "deleted:", value[0] == ';')
	}
	// Output:
	// 200 {"codeNeeded":true}
	// __Secure-better-auth.session_token deleted: true
	// __Secure-better-auth.session_data deleted: true
	// __Secure-better-auth.code deleted: false
}

// apiKeys lets programs call by a key in place of a session.
type apiKeys struct{}

// Declare adds the header.
func (apiKeys) Declare(d *kernia.Declaration) {
	d.Name("apikeys")
	auth := d.Auth()
	d.Authenticate("X-Api-Key", func(ctx context.Context, _ *kernia.Call, key string) (kernia.Presented, error) {
		if key != "ann-s-key" { // a feature looks its hash up in a table
			return kernia.Presented{}, nil
		}
		u, err := auth.Users.FindByEmail(ctx, "ann@example.com")
		if err != nil || u == nil {
			return kernia.Presented{}, err
		}
		return kernia.Presented{Principal: &kernia.Principal{User: *u}}, nil
	})
	kernia.Get(d, "/me", func(ctx context.Context, c *kernia.Call, _ kernia.None) (string, error) {
		p, err := c.Session(ctx)
		if err != nil {
			return "", err
		}
		return p.User.Name + " by " + p.By, nil
	}, kernia.SignedIn)
}

// A credential that is no session opens what asks for callers who are signed in, and nothing that asks for a session.
func ExampleDeclaration_Authenticate() {
	auth := open(apiKeys{})
	for _, path := range []string{"/me", "/list-sessions"} {
		a := ask(auth, "GET", path, "", kernia.Header{"X-Api-Key": {"ann-s-key"}})
		fmt.Println(a.Status, string(a.Body))
	}
	// Output:
	// 200 "Ann by apikeys"
	// 401 {"message":"Unauthorized","code":"UNAUTHORIZED"}
}

// lastMethod tells browsers how they signed in last, and keeps robots out.
type lastMethod struct{}

var errRobot = &kernia.Error{Kind: kernia.Denied, Code: "ROBOT", Message: "No robots, please"}

// Declare adds steps around every way to sign in.
func (lastMethod) Declare(d *kernia.Declaration) {
	d.Name("lastmethod")
	ways := []string{"/sign-in/*", "/sign-up/*"}
	d.Before(ways, func(_ context.Context, c *kernia.Call) error {
		if email, _ := c.Input("email"); email == "robot@example.com" {
			return errRobot
		}
		return nil
	})
	d.After(ways, func(_ context.Context, c *kernia.Call, _ *kernia.Outcome) error {
		if p, method := c.Begun(); p != nil {
			c.SetHeader("X-Last-Method", method)
		}
		return nil
	})
	d.Answers(ways, errRobot)
}

// Steps before and after operations of other features see the input and the outcome.
func ExampleDeclaration_Before() {
	auth := open(lastMethod{})
	a := ask(auth, "POST", "/sign-in/email", `{"email": "robot@example.com", "password": "x"}`, nil)
	fmt.Println(a.Status, string(a.Body))
	a = ask(auth, "POST", "/sign-in/email", signIn, nil)
	for _, h := range a.Header {
		if h.Name == "X-Last-Method" {
			fmt.Println(a.Status, h.Value)
		}
	}
	// Output:
	// 403 {"message":"No robots, please","code":"ROBOT"}
	// 200 email
}

// coupons takes codes, and no more than two guesses of one user.
type coupons struct{}

type couponInput struct {
	Code string `json:"code" in:"max=50"`
}

var errCoupon = &kernia.Error{Kind: kernia.Invalid, Code: "NO_SUCH_COUPON", Message: "No such coupon"}

// Declare adds a limit by address and a throttle by user.
func (coupons) Declare(d *kernia.Declaration) {
	d.Name("coupons")
	guesses := d.Throttle("coupon", 2, time.Hour)
	kernia.Post(d, "/coupon/redeem", func(ctx context.Context, c *kernia.Call, in couponInput) (kernia.Status, error) {
		p, err := c.Session(ctx)
		if err != nil {
			return kernia.Status{}, err
		}
		if err := guesses.Attempt(ctx, p.User.ID); err != nil {
			return kernia.Status{}, err
		}
		if in.Code != "SPRING" {
			return kernia.Status{}, errCoupon
		}
		return kernia.Status{Status: true}, guesses.Reset(ctx, p.User.ID)
	}, kernia.Live, kernia.Limit(10, time.Minute), kernia.Errors(errCoupon, kernia.ErrTooManyAttempts))
}

// A throttle counts by what the caller cannot change; the limit of an operation counts by address.
func ExampleDeclaration_Throttle() {
	ctx, auth := context.Background(), open(coupons{})
	out, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	for _, code := range []string{"WINTER", "SUMMER", "SPRING"} {
		_, err := kernia.Invoke[kernia.Status](kernia.As(ctx, out.Token), auth, "POST /coupon/redeem", couponInput{Code: code})
		fmt.Println(err)
	}
	// Output:
	// NO_SUCH_COUPON: No such coupon
	// NO_SUCH_COUPON: No such coupon
	// TOO_MANY_ATTEMPTS: Too many attempts. Please try again later.
}

// letters invites people by a link in a mail.
type letters struct{ Send func(to, token string) error }

type invitation struct {
	Email string
	Role  string
}

type inviteInput struct {
	Email string `json:"email" in:"email"`
}

type invitedInput struct {
	Token string `json:"token" in:"query,max=64"`
}

var errInvitation = &kernia.Error{Kind: kernia.Invalid, Code: "INVALID_INVITATION", Message: "Invalid invitation"}

// Declare adds one-time values and a task that sends the mail behind the answer.
func (l letters) Declare(d *kernia.Declaration) {
	d.Name("letters")
	auth := d.Auth()
	open := kernia.OneTimeOf[invitation](d, "invitation", 48*time.Hour)
	kernia.Post(d, "/invite", func(ctx context.Context, _ *kernia.Call, in inviteInput) (kernia.Status, error) {
		token, err := open.Issue(ctx, invitation{Email: in.Email, Role: "guest"})
		if err != nil {
			return kernia.Status{}, err
		}
		auth.Enqueue(ctx, "invitation mail", func(context.Context) error { return l.Send(in.Email, token) })
		return kernia.Status{Status: true}, nil
	})
	kernia.Get(d, "/accept", func(ctx context.Context, _ *kernia.Call, in invitedInput) (string, error) {
		found, ok, err := open.Take(ctx, in.Token)
		if err == nil && !ok {
			err = errInvitation
		}
		return found.Email + " is a " + found.Role, err
	}, kernia.Errors(errInvitation))
}

// A one-time value stands behind the token in a link; a task behind the answer sends the link.
func ExampleOneTimeOf() {
	ctx := context.Background()
	sent := make(chan string, 1)
	auth := open(letters{Send: func(_, token string) error { sent <- token; return nil }})
	if _, err := kernia.InvokeJSON(ctx, auth, "POST /invite", []byte(`{"email": "bob@example.com"}`)); err != nil {
		panic(err)
	}
	if err := auth.Close(ctx); err != nil { // waits for the mail
		panic(err)
	}
	token := <-sent
	for range 2 {
		_, err := kernia.Invoke[string](ctx, auth, "GET /accept", invitedInput{Token: token})
		fmt.Println(errors.Is(err, errInvitation), err)
	}
	// Output:
	// false <nil>
	// true INVALID_INVITATION: Invalid invitation
}

// diary keeps what nobody reads in the database.
type diary struct{ Sealer *kernia.Sealer }

// Declare makes the sealer.
func (v *diary) Declare(d *kernia.Declaration) {
	d.Name("diary")
	v.Sealer = d.Sealer("page")
}

// A sealer encrypts under a key of the feature's own.
func ExampleDeclaration_Sealer() {
	pages := &diary{}
	open(pages)
	sealed, err := pages.Sealer.Seal("Dear diary")
	if err != nil {
		panic(err)
	}
	text, ok := pages.Sealer.Open(sealed)
	fmt.Println(strings.Contains(sealed, "diary"), text, ok)
	_, ok = pages.Sealer.Open(sealed + "x")
	fmt.Println(ok)
	// Output:
	// false Dear diary true
	// false
}
