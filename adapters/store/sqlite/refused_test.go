package kerniasqlite_test

import (
	"errors"
	"strings"
	"testing"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

// TestRefuses meets rules that an application gave its own tables.
func TestRefuses(t *testing.T) {
	const secret = "s3cret"
	s := openStore(t, existing(t, `create table "thing" ("id" text primary key, "name" text not null check (length("name") < 20),
		"word" text constraint "short" check (length("word") < 20), "size" integer check (typeof("size") in ('null', 'integer')));
		create trigger "no" before insert on "thing" when new."word" = 'no' begin select raise(abort, 's3cret'); end`))
	thing := &ports.Model{Name: "thing", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString}, {Name: "title", Column: "name", Type: ports.TypeString, Null: true},
		{Name: "word", Type: ports.TypeString, Null: true},
	}}
	for name, c := range map[string]struct {
		title, word ports.Value
		field       string
	}{
		"ANull":          {ports.Value{}, ports.Value{}, "title"},
		"ACheck":         {ports.String(strings.Repeat(secret, 5)), ports.Value{}, ""},
		"ANamedCheck":    {ports.String("x"), ports.String(strings.Repeat(secret, 5)), ""},
		"ATrigger":       {ports.String("x"), ports.String("no"), ""},
		"TextThatIsNone": {ports.String(secret + "\xff"), ports.Value{}, "title"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Create(t.Context(), thing, ports.Record{ports.String(name), c.title, c.word})
			var refused *ports.RefusedError
			if !errors.As(err, &refused) || refused.Model != "thing" || refused.Field != c.field {
				t.Errorf("Create = %v, want a RefusedError about %q", err, c.field)
			}
			if err != nil && name != "ATrigger" && strings.Contains(err.Error(), secret) {
				t.Errorf("the error %q shows a value", err)
			}
		})
	}
}

// TestReadOnlyFile shows that a write of nothing tells whether the database can be written to.
func TestReadOnlyFile(t *testing.T) {
	path := existing(t, existingRows)
	a := newAuth()
	s := kerniasqlite.New(openDB(t, "file:"+path+"?mode=ro"))
	nobody := &ports.Update{Model: a.user, Key: ports.Key{"email"}, Set: []ports.Change{{Field: "name"}}}
	if _, _, err := s.Update(t.Context(), nobody, []ports.Value{ports.String("nobody"), ports.String("x")}); !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("an Update of nothing in a read-only file = %v, want it to be unavailable", err)
	}
}
