package kerniasqlite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

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

// TestNumbersAsTimes compares times that another program wrote as numbers as what they mean: nobody is signed out, and
// no sweep deletes what lives.
func TestNumbersAsTimes(t *testing.T) {
	a := newAuth()
	now := then().AsTime()
	for name, number := range map[string]int64{"Seconds": now.Unix() + 1, "Milliseconds": now.UnixMilli() + 993} {
		s := openStore(t, existing(t, existingRows+fmt.Sprintf(`update "session" set "expiresAt" = %d`, number)))
		end := time.Unix(now.Unix()+1, 0).UTC()
		if name == "Milliseconds" {
			end = now.Add(993 * time.Millisecond)
		}
		for op, want := range map[ports.Op][3]int64{ // a millisecond before the end, at it, after it
			ports.Lt: {0, 0, 1}, ports.Le: {0, 1, 1}, ports.Gt: {1, 0, 0}, ports.Ge: {1, 1, 0}, ports.Eq: {0, 1, 0}, ports.Ne: {1, 0, 1},
		} {
			for i := range want {
				q := &ports.Query{Model: a.session, Limit: 1, Where: []ports.Condition{{Field: "expiresAt", Op: op}}}
				at := end.Add(time.Duration(i-1) * time.Millisecond)
				if n, err := s.Count(t.Context(), q, []ports.Value{ports.Time(at)}); n != want[i] || err != nil {
					t.Errorf("%s: operator %d at %d = %d, %v, want %d", name, op, i-1, n, err, want[i])
				}
			}
		}
	}
}
