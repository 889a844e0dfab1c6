package emailverification_test

import (
	"context"
	"errors"
	"fmt"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP signs somebody up, who proves their address before they sign in.
func Example() {
	ctx := context.Background()
	box := &memory.Mailer{} // a program takes one that sends: package kerniasmtp
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(), Mailer: box,
	}, emailpassword.Feature{}, emailverification.Feature{Required: true})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	ann := emailpassword.SignInInput{Email: "ann@example.com", Password: "correct horse"}
	if _, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: ann.Email, Password: ann.Password}); err != nil {
		panic(err)
	}
	_, err = emailpassword.SignIn(ctx, auth, ann)
	fmt.Println(errors.Is(err, kernia.ErrEmailNotVerified))

	mail, err := box.Next(ctx)
	if err != nil {
		panic(err)
	}
	if _, err := emailverification.Verify(ctx, auth, mail.Token); err != nil {
		panic(err)
	}
	_, err = emailpassword.SignIn(ctx, auth, ann)
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}
