package ports_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A model describes one table, a query what to find in it; a store gets both by address and the arguments apart.
func Example() {
	user := &ports.Model{
		Name: "user", Unique: []ports.Key{{"email"}},
		Fields: []ports.Field{{Name: "id", Type: ports.TypeString}, {Name: "email", Type: ports.TypeString}},
	}
	session := &ports.Model{Name: "session", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "userId", Type: ports.TypeString, References: user},
		{Name: "expiresAt", Type: ports.TypeTime},
	}}
	live := &ports.Query{
		Model: session, Follow: "userId", Limit: 10,
		Where: []ports.Condition{{Field: "email", Followed: true}, {Field: "expiresAt", Op: ports.Gt}},
	}
	fmt.Println(live.Check())
	fmt.Println(live.CheckArgs([]ports.Value{ports.String("ann@example.com"), ports.Time(time.Now())}))
	fmt.Println(live.CheckArgs([]ports.Value{ports.String("ann@example.com"), ports.String("now")}))
	// Output:
	// <nil>
	// <nil>
	// invalid call: argument for "session"."expiresAt"
}

// A user encodes as the wire has it.
func ExampleUser() {
	u := ports.User{ID: "1", Name: "Ann", Email: "ann@example.com", CreatedAt: time.UnixMilli(0), UpdatedAt: time.UnixMilli(1)}
	b, err := json.Marshal(u)
	fmt.Println(string(b), err)
	// Output:
	// {"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"1970-01-01T00:00:00.000Z","updatedAt":"1970-01-01T00:00:00.001Z","id":"1"} <nil>
}
