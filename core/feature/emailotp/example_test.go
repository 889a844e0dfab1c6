package emailotp_test

import (
	"context"
	"fmt"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailotp"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP mails a code and takes it.
func Example() {
	ctx := context.Background()
	box := &memory.Mailer{} // a program takes one that sends: package kerniasmtp
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(), Mailer: box,
	}, emailotp.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	if err := emailotp.Send(ctx, auth, emailotp.SendInput{Email: "ann@example.com", Type: "sign-in"}); err != nil {
		panic(err)
	}
	mail, err := box.Next(ctx)
	if err != nil {
		panic(err)
	}
	out, err := emailotp.SignIn(ctx, auth, emailotp.SignInInput{Email: "ann@example.com", OTP: mail.Code, Name: kernia.Some("Ann")})
	if err != nil {
		panic(err)
	}
	fmt.Println(out.User.Name, out.User.EmailVerified)
	// Output: Ann true
}
