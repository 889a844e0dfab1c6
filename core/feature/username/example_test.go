package username_test

import (
	"context"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/username"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP looks whether a name is free, signs somebody up with it, and signs them in by it.
func Example() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{}, username.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	fmt.Println(username.Available(ctx, auth, "Ann.Smith"))

	fields, err := kernia.FieldValuesOf(map[string]any{"username": "Ann.Smith"})
	if err != nil {
		panic(err)
	}
	_, err = emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{
		Name: "Ann", Email: "ann@example.com", Password: "correct horse", Fields: fields,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(username.Available(ctx, auth, "ann.smith"))

	out, err := username.SignIn(ctx, auth, username.SignInInput{Username: "ANN.SMITH", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	fmt.Println(*username.Name.Of(&out.User), *username.DisplayName.Of(&out.User))
	// Output:
	// true <nil>
	// false <nil>
	// ann.smith Ann.Smith
}
