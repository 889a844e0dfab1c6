package bearer_test

import (
	"context"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

func Example() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{}, bearer.Feature{})
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
	resp := auth.Serve(ctx, &kernia.Request{
		Method: "GET", Path: "/api/auth/list-sessions", Header: kernia.Header{"Authorization": {"Bearer " + *out.Token}},
	})
	fmt.Println(resp.Status)
	// Output: 200
}
