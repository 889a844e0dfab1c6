package magiclink_test

import (
	"context"
	"fmt"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/magiclink"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP mails a link and takes its token.
func Example() {
	ctx := context.Background()
	box := &memory.Mailer{} // a program takes one that sends: package kerniasmtp
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(), Mailer: box,
	}, magiclink.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	if err := magiclink.Send(ctx, auth, magiclink.SendInput{Email: "ann@example.com", Name: kernia.Some("Ann")}); err != nil {
		panic(err)
	}
	mail, err := box.Next(ctx)
	if err != nil {
		panic(err)
	}
	out, err := magiclink.Verify(ctx, auth, mail.Token)
	if err != nil {
		panic(err)
	}
	fmt.Println(out.User.Name, out.User.EmailVerified)
	// Output: Ann true
}
