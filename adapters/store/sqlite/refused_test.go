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

// TestMigrateRefuses names the table and the column that would make calls fail later.
func TestMigrateRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		ddl, column string
		ids         ports.IDKind
	}{
		"AColumnThatNobodyWrites":      {`"id" text primary key, "name" text, "tenant" text not null`, "tenant", ports.IDText},
		"AColumnThatTakesNoNull":       {`"id" text primary key, "name" text not null default ''`, "name", ports.IDText},
		"NumbersForText":               {`"id" integer primary key, "name" text`, "id", ports.IDText},
		"NumbersForUUIDs":              {`"id" bigint primary key, "name" text`, "id", ports.IDUUID},
		"TextForNumbers":               {`"id" text primary key, "name" text`, "id", ports.IDSerial},
		"ButNotAColumnThatFillsItself": {`"id" text primary key not null, "name" text, "tenant" text not null default ''`, "", ports.IDText},
		"ButNotNumbersForNumbers":      {`"id" INTEGER primary key not null, "name" text`, "", ports.IDSerial},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, existing(t, `create table "thing" (`+c.ddl+`)`))
			m := &ports.Model{Name: "thing", ID: c.ids, Fields: []ports.Field{
				{Name: "id", Type: ports.TypeString}, {Name: "name", Type: ports.TypeString, Null: true},
			}}
			_, err := s.Migrate(t.Context(), []*ports.Model{m}, false)
			if c.column == "" {
				if err != nil {
					t.Errorf("Migrate = %v", err)
				}
				return
			}
			if !errors.Is(err, ports.ErrInvalid) || !strings.Contains(err.Error(), `"`+c.column+`"`) || !strings.Contains(err.Error(), `"thing"`) {
				t.Errorf("Migrate = %v, want the column %s by name", err, c.column)
			}
		})
	}
}

// TestFewerFields: a program that no longer has a field writes to the table that one with the field made.
func TestFewerFields(t *testing.T) {
	s := openStore(t, existing(t, ""))
	id := ports.Field{Name: "id", Type: ports.TypeString}
	more := &ports.Model{Name: "thing", Fields: []ports.Field{id, {Name: "plan", Type: ports.TypeString, Default: ports.String("it's free")}}}
	fewer := &ports.Model{Name: "thing", Fields: []ports.Field{id}}
	for _, m := range []*ports.Model{more, fewer} {
		if _, err := s.Migrate(t.Context(), []*ports.Model{m}, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Create(t.Context(), fewer, ports.Record{ports.String("1")}); err != nil {
		t.Errorf("Create without the field = %v", err)
	}
	found, err := s.Find(t.Context(), &ports.Query{Model: more, Limit: 1}, nil)
	if err != nil || len(found) != 1 || found[0][1].AsString() != "it's free" {
		t.Errorf("Find = %v, %v, want the default", found, err)
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
