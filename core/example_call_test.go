package kernia_test

import (
	"context"
	"fmt"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

// A console or a queue calls an operation by its name, with its input as JSON.
func ExampleInvokeJSON() {
	ctx, auth := context.Background(), open()
	out, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	text, err := kernia.InvokeJSON(kernia.As(ctx, out.Token), auth, "POST /update-user", []byte(`{"name": "Anna"}`))
	fmt.Println(string(text), err)
	_, err = kernia.InvokeJSON(ctx, auth, "POST /update-user", []byte(`{"name": "Anna"}`))
	fmt.Println(err)
	// Output:
	// {"status":true} <nil>
	// UNAUTHORIZED: Unauthorized
}

// A program that serves clients by something else than HTTP says who they are.
func ExampleWithClient() {
	ctx, auth := context.Background(), open()
	ctx = kernia.WithClient(ctx, kernia.Client{Address: "203.0.113.7:4711", UserAgent: "terminal/1.0"})
	out, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	p, err := auth.Authenticate(ctx, kernia.Credentials{Token: out.Token})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Session.IPAddress, p.Session.UserAgent)
	// Output: 203.0.113.7 terminal/1.0
}

// An administrator searches users, page by page.
func ExampleUsers_List() {
	ctx, auth := context.Background(), open()
	for _, name := range []string{"Bea", "Cid", "Ben"} {
		u := auth.Users.New(ctx)
		u.Name, u.Email = name, name+"@example.com"
		if _, err := auth.Users.Create(ctx, u); err != nil {
			panic(err)
		}
	}
	page, total, err := auth.Users.List(ctx, kernia.UserQuery{Search: "be", SearchIn: "name", SearchBy: "starts_with", SortBy: "name", Desc: true, Limit: 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(page[0].Name, "is the first of", total)
	// Output: Ben is the first of 2
}
