package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// Role is what a user may do. Clients read it and cannot set it.
var Role = kernia.Field[string]{Name: "role", Default: kernia.Some("member")}

var errCompany = &kernia.Error{Kind: kernia.Denied, Code: "COMPANY_ONLY", Message: "Sign up with your company address"}

// Only addresses of the company may sign up, and everybody has a role.
func ExampleUserHooks() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		UserFields: []kernia.Extra{Role},
		Tables:     map[string]kernia.Naming{"user": {Table: "people", Columns: map[string]string{"emailVerified": "email_verified"}}},
		Hooks: kernia.Hooks{User: kernia.UserHooks{BeforeCreate: func(_ context.Context, u *kernia.User) error {
			if !strings.HasSuffix(u.Email, "@example.com") {
				return errCompany
			}
			return nil
		}}},
	}, emailpassword.Feature{})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	_, err = emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Eve", Email: "eve@example.org", Password: "correct horse"})
	fmt.Println(errors.Is(err, errCompany))
	out, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	var change kernia.Patch
	Role.Set(&change, "admin")
	if _, err := auth.Users.Update(ctx, out.User.ID, change); err != nil {
		panic(err)
	}
	p, err := auth.Verify(ctx, *out.Token)
	if err != nil {
		panic(err)
	}
	fmt.Println(Role.Of(out.User), Role.Of(p.User))
	// Output:
	// true
	// member admin
}
