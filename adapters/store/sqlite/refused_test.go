package kerniasqlite_test

import (
	"errors"
	"strings"
	"testing"

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
