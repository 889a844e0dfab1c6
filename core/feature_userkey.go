package kernia

import (
	"context"
	"fmt"
	"slices"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/ports"
)

// A UserKey finds users by a unique added field, such as a user name or a telephone number. [Declaration.UserKey] makes
// one. It is safe for concurrent use.
type UserKey struct {
	auth       *Auth
	user       ports.Query // the field's value
	credential ports.Query // and its user: provider, the field's value
}

// UserKey returns a key by the named field. A feature or the application must add the field to users; it is a string
// and unique.
func (d *Declaration) UserKey(field string) *UserKey {
	k := &UserKey{auth: d.auth}
	d.keys = append(d.keys, func(s *schema.Schema) error { return k.complete(s, field) })
	return k
}

// complete builds the queries once all fields are known.
func (k *UserKey) complete(s *schema.Schema, field string) error {
	i := slices.IndexFunc(k.auth.userExtras, func(e extraField) bool { return e.name == field })
	if i < 0 || !k.auth.userExtras[i].unique || k.auth.userExtras[i].kind != ports.TypeString {
		return fmt.Errorf("a key needs the field %q of users, unique and of text", field)
	}
	k.user = ports.Query{Model: s.User, Where: []ports.Condition{eq(field)}, Limit: 1}
	k.credential = ports.Query{
		Model: s.Account, Follow: "userId", Limit: 1,
		Where: []ports.Condition{eq("providerId"), {Field: field, Followed: true}},
	}
	return nil
}

// Find returns the user whose field has the value, byte for byte, or nil.
func (k *UserKey) Find(ctx context.Context, value string) (*User, error) {
	return k.auth.Users.one(ctx, &k.user, value)
}

// FindCredential returns the user whose field has the value, byte for byte, and their password account in one round
// trip to the store, or nil where there is no such user or they have no password.
func (k *UserKey) FindCredential(ctx context.Context, value string) (*Credential, error) {
	return k.auth.Accounts.credential(ctx, &k.credential, CredentialProvider, value)
}
