package twofactor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/twofactor"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP sends a code to a user who signs in with a password, and takes it.
func Example() {
	ctx := context.Background()
	sent := make(chan string, 1)
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{}, twofactor.Feature{OTP: twofactor.OTP{
		Send: func(_ context.Context, _ kernia.User, code string) error { sent <- code; return nil },
	}})
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
	_, err = twofactor.Enable(kernia.As(ctx, *out.Token), auth, twofactor.EnableInput{
		Password: "correct horse", Method: kernia.Some(twofactor.MethodOTP),
	})
	if err != nil {
		panic(err)
	}

	_, err = emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "correct horse"})
	diversion, ok := errors.AsType[*kernia.Diversion](err)
	if !ok {
		panic(err)
	}
	answer := diversion.Answer.(twofactor.Answer)
	fmt.Println(answer.Methods)
	if err := twofactor.SendOTP(ctx, auth, twofactor.SendInput{Challenge: answer.Challenge}); err != nil {
		panic(err)
	}
	in, err := twofactor.VerifyOTP(ctx, auth, twofactor.VerifyInput{Code: <-sent, Challenge: answer.Challenge})
	if err != nil {
		panic(err)
	}
	p, err := auth.Verify(ctx, in.Token)
	fmt.Println(p.User.Name, err)
	// Output:
	// [otp]
	// Ann <nil>
}
