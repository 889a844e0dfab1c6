package emailpassword_test

import (
	"context"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP signs somebody up, finds out whose token it has, and changes their password.
func Example() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{MinLength: 12})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	_, err = emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "too short"})
	fmt.Println(err)

	out, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "Ann@Example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	p, err := auth.Verify(ctx, *out.Token)
	if err != nil {
		panic(err)
	}
	fmt.Println(p.User.Name, p.User.Email)

	_, err = emailpassword.ChangePassword(kernia.As(ctx, *out.Token), auth, emailpassword.ChangePasswordInput{
		CurrentPassword: "correct horse", NewPassword: "battery staple", RevokeOtherSessions: kernia.Some(true),
	})
	if err != nil {
		panic(err)
	}
	p, err = auth.Verify(ctx, *out.Token)
	fmt.Println(p, err)
	// Output:
	// PASSWORD_TOO_SHORT: Password too short
	// Ann ann@example.com
	// <nil> <nil>
}

// An administrator gives a user a new password, which ends the user's sessions.
func ExampleSetPassword() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	out, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}

	fmt.Println(emailpassword.SetPassword(ctx, auth, out.User.ID, "short"))
	fmt.Println(emailpassword.SetPassword(ctx, auth, out.User.ID, "battery staple"))
	p, err := auth.Verify(ctx, *out.Token)
	fmt.Println(p, err)
	// Output:
	// PASSWORD_TOO_SHORT: Password too short
	// <nil>
	// <nil> <nil>
}
