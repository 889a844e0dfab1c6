package storetest

import (
	"time"

	"github.com/kernia-go/kernia/ports"
)

// noon is an instant with milliseconds that matter.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC) }

// A schema is the models that the promises are about, all with ids of one kind.
type schema struct {
	user    *ports.Model // email is unique; sessions and accounts refer to it
	session *ports.Model // token is unique; notes refer to it; shares the field name with user
	note    *ports.Model // two levels below user
	account *ports.Model // provider and subject are unique together; subject may be null
	sample  *ports.Model // a field of every type, all nullable, and an order
}

func (s *schema) all() []*ports.Model {
	return []*ports.Model{s.user, s.session, s.note, s.account, s.sample}
}

func newSchema(kind ports.IDKind) *schema {
	key := ports.Field{Name: "id", Type: ports.TypeString}
	user := &ports.Model{Name: "user", ID: kind, Fields: []ports.Field{
		key,
		{Name: "email", Type: ports.TypeString},
		{Name: "name", Type: ports.TypeString},
		{Name: "plan", Type: ports.TypeString, Null: true},
		{Name: "createdAt", Type: ports.TypeTime},
	}, Unique: []ports.Key{{"email"}}}
	session := &ports.Model{Name: "session", ID: kind, Fields: []ports.Field{
		key,
		{Name: "userId", Type: ports.TypeString, References: user},
		{Name: "token", Type: ports.TypeString},
		{Name: "name", Type: ports.TypeString, Null: true},
		{Name: "expiresAt", Type: ports.TypeTime},
		{Name: "uses", Type: ports.TypeInt},
	}, Unique: []ports.Key{{"token"}}, Index: []ports.Key{{"userId"}}, Expires: "expiresAt"}
	note := &ports.Model{Name: "note", ID: kind, Fields: []ports.Field{
		key,
		{Name: "sessionId", Type: ports.TypeString, References: session, Null: true},
		{Name: "text", Type: ports.TypeString},
	}, Index: []ports.Key{{"sessionId"}}}
	account := &ports.Model{Name: "account", ID: kind, Fields: []ports.Field{
		key,
		{Name: "userId", Type: ports.TypeString, References: user},
		{Name: "providerId", Type: ports.TypeString},
		{Name: "accountId", Type: ports.TypeString, Null: true},
	}, Unique: []ports.Key{{"providerId", "accountId"}}, Index: []ports.Key{{"userId"}}}
	sample := &ports.Model{Name: "sample", ID: kind, Fields: []ports.Field{
		key,
		{Name: "text", Type: ports.TypeString, Null: true},
		{Name: "flag", Type: ports.TypeBool, Null: true},
		{Name: "number", Type: ports.TypeInt, Null: true},
		{Name: "instant", Type: ports.TypeTime, Null: true},
		{Name: "document", Type: ports.TypeJSON, Null: true},
		{Name: "list", Type: ports.TypeList, Null: true},
		{Name: "userId", Type: ports.TypeString, Null: true, References: user},
		{Name: "rank", Type: ports.TypeInt},
	}}
	user.Dependents = []ports.Dependent{{Model: session, Field: "userId"}, {Model: account, Field: "userId"}}
	session.Dependents = []ports.Dependent{{Model: note, Field: "sessionId"}}
	return &schema{user: user, session: session, note: note, account: account, sample: sample}
}
