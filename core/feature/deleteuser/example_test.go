package deleteuser_test

import (
	"context"
	"fmt"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/deleteuser"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// A program without HTTP lets a user delete their own account.
func Example() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
	}, emailpassword.Feature{}, deleteuser.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	ann, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	out, err := deleteuser.Delete(kernia.As(ctx, *ann.Token), auth, deleteuser.Input{Password: kernia.Some("correct horse")})
	fmt.Println(out.Message, err)
	n, err := auth.Users.Count(ctx, kernia.UserQuery{})
	fmt.Println(n, err)
	// Output:
	// User deleted <nil>
	// 0 <nil>
}
