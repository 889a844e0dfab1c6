package kerniasqlite_test

import (
	"database/sql"
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

// TestNumbersAsTimes compares times that another program wrote as numbers, or as text that is one, as what they mean:
// nobody is signed out, and no sweep deletes what lives.
func TestNumbersAsTimes(t *testing.T) {
	now := then().AsTime()
	second, milli := time.Unix(now.Unix()+1, 0).UTC(), now.Add(993*time.Millisecond)
	for _, c := range []struct {
		number string
		end    time.Time
	}{
		{fmt.Sprint(second.Unix()), second},
		{fmt.Sprint(milli.UnixMilli()), milli},
		{fmt.Sprintf("'%d'", second.Unix()), second},
		{fmt.Sprintf("'%d.0'", second.Unix()), second},
		{fmt.Sprintf("'%d'", milli.UnixMilli()), milli},
		{fmt.Sprintf("'+%d'", milli.UnixMilli()), milli},
		{"'999999999'", time.Unix(999999999, 0)}, // sorts after every year to come
		{"'2150000000'", time.Unix(2150000000, 0)},
	} {
		for typ, ddl := range map[string]string{"date": "", "text": textEnd} {
			path := existing(t, existingRows+ddl+`update "session" set "expiresAt" = `+c.number)
			numberAsTime(t, openStore(t, path), typ+" "+c.number, c.end)
		}
	}
}

// textEnd makes the end of sessions a column that keeps numbers as text.
const textEnd = `alter table "session" rename column "expiresAt" to "was"; alter table "session" add column "expiresAt" text;`

// numberAsTime compares the end of the only session with the millisecond before it, itself and the millisecond after it.
func numberAsTime(t *testing.T, s *kerniasqlite.Store, name string, end time.Time) {
	t.Helper()
	found, err := s.Find(t.Context(), &ports.Query{Model: newAuth().session, Limit: 1}, nil)
	if i := newAuth().session.Field("expiresAt"); err != nil || len(found) != 1 || !found[0][i].AsTime().Equal(end) {
		t.Errorf("%s: Find = %v, %v, want the end %v", name, found, err, end)
	}
	for op, want := range map[ports.Op][3]int64{
		ports.Lt: {0, 0, 1}, ports.Le: {0, 1, 1}, ports.Gt: {1, 0, 0}, ports.Ge: {1, 1, 0}, ports.Eq: {0, 1, 0}, ports.Ne: {1, 0, 1},
	} {
		for i := range want {
			q := &ports.Query{Model: newAuth().session, Limit: 1, Where: []ports.Condition{{Field: "expiresAt", Op: op}}}
			at := end.Add(time.Duration(i-1) * time.Millisecond)
			if n, err := s.Count(t.Context(), q, []ports.Value{ports.Time(at)}); n != want[i] || err != nil {
				t.Errorf("%s: operator %d at %d = %d, %v, want %d", name, op, i-1, n, err, want[i])
			}
		}
	}
}

// TestSweepUsesAnIndex: an index on the end makes the search for what is over cheap, whatever the column's type.
func TestSweepUsesAnIndex(t *testing.T) {
	for typ, ddl := range map[string]string{"date": "", "text": textEnd} {
		c := &counter{dsn: existing(t, existingRows+ddl+`create index "ends" on "session" ("expiresAt")`)}
		db := sql.OpenDB(c)
		defer db.Close()
		s := kerniasqlite.New(db)
		defer closed(t, s)
		over := &ports.Query{Model: newAuth().session, Limit: 1, Where: []ports.Condition{{Field: "expiresAt", Op: ports.Lt}}}
		if _, err := s.Count(t.Context(), over, []ports.Value{then()}); err != nil {
			t.Fatal(err)
		}
		if plan := queryPlan(t, db, c.list[len(c.list)-1], "a", 1, "a"); !strings.Contains(plan, "ends") || strings.Contains(plan, "SCAN") {
			t.Errorf("%s: the search for what is over is planned as\n%s", typ, plan)
		}
	}
}
