package kerniasqlite_test

import (
	"database/sql"
	_ "embed"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	"github.com/kernia-go/kernia/ports"
)

// coreSchema is what the reference server makes of an empty file.
//
//go:embed testdata/core.sql
var coreSchema string

const accountKey = `create unique index "account_providerId_accountId_uidx" on "account" ("providerId", "accountId")`

// existing returns the path of a database that the reference server has made.
func existing(t *testing.T, more string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "auth.db")
	db := openDB(t, path)
	if _, err := db.ExecContext(t.Context(), coreSchema+";"+more); err != nil {
		t.Fatal(err)
	}
	return path
}

func openDB(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const existingRows = `
insert into "user" values ('u1', 'Ada', 'ada@example.com', 1, null, '2026-03-01T12:00:00.007Z', '2026-03-01T12:00:00.007Z');
insert into "session" values ('s1', '2026-03-08T12:00:00.007Z', 'tok', '2026-03-01T12:00:00.007Z', '2026-03-01T12:00:00.007Z', '', '', 'u1');
insert into "account" ("id", "accountId", "providerId", "userId", "createdAt", "updatedAt") values
	('a1', 'u1', 'credential', 'u1', '2026-03-01T12:00:00.007Z', '2026-03-01T12:00:00.007Z');
`

func TestExistingDatabase(t *testing.T) {
	a := newAuth()
	t.Run("LacksOneKey", func(t *testing.T) {
		s := openStore(t, existing(t, existingRows))
		plan, err := s.Migrate(t.Context(), a.all(), true)
		if err != nil || len(plan.Duplicates) != 0 || len(plan.Steps) != 1 || plan.Steps[0].Statement != accountKey {
			t.Fatalf("Migrate = %+v, %v, want the one step %s", plan, err, accountKey)
		}
		if plan, err = s.Migrate(t.Context(), a.all(), true); err != nil || len(plan.Steps) != 0 {
			t.Errorf("Migrate again = %+v, %v, want nothing", plan, err)
		}
		_, err = s.Create(t.Context(), a.account, a.newAccount("a2", "u1", "credential", "u1"))
		wantConflict(t, err, "account", "providerId,accountId")
		_, err = s.Create(t.Context(), a.user, a.newUser("ada"))
		wantConflict(t, err, "user", "email")
		_, err = s.Create(t.Context(), a.session, a.newSession("s1", "u1"))
		wantConflict(t, err, "session", "id")
		rs, err := s.Find(t.Context(), a.byToken, []ports.Value{ports.String("x"), ports.String("tok")})
		if err != nil || len(rs) != 1 || !rs[0][len(a.session.Fields)+5].Equal(then()) {
			t.Errorf("Find of its session = %v, %v", rs, err)
		}
	})
	t.Run("IsMadeAlike", func(t *testing.T) {
		s := openStore(t, filepath.Join(t.TempDir(), "new.db"))
		plan, err := s.Migrate(t.Context(), a.all(), true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, step := range plan.Steps {
			got = append(got, step.Statement)
		}
		want := []string{accountKey}
		for line := range strings.Lines(coreSchema) {
			if line = strings.TrimSuffix(strings.TrimSpace(line), ";"); line != "" {
				want = append(want, line)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("Migrate of an empty file =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
	t.Run("BlocksAKeyThatRecordsViolate", func(t *testing.T) { blocked(t, a) })
	t.Run("GetsColumns", func(t *testing.T) { columns(t) })
}

func blocked(t *testing.T, a *auth) {
	s := openStore(t, existing(t, existingRows+`
		insert into "account" select 'a' || value, 'x', 'google', 'u1', null, null, null, null, null, null, null, '2026-03-01T12:00:00.007Z', '2026-03-01T12:00:00.007Z' from json_each('[2,3]');
		insert into "account" select 'a' || value, 'y', 'google', 'u1', null, null, null, null, null, null, null, '2026-03-01T12:00:00.007Z', '2026-03-01T12:00:00.007Z' from json_each('[4,5,6]');`))
	for range 2 {
		plan, err := s.Migrate(t.Context(), a.all(), true)
		if err != nil || len(plan.Steps) != 0 || len(plan.Duplicates) != 1 {
			t.Fatalf("Migrate = %+v, %v, want one block", plan, err)
		}
		b := plan.Duplicates[0]
		if want := []string{"a2", "a3", "a4", "a5", "a6"}; b.Model != "account" || b.Key.String() != "providerId,accountId" || b.Groups != 2 || !slices.Equal(b.IDs, want) {
			t.Errorf("Blocked = %+v, want 2 groups of %q", b, want)
		}
	}
	// Without the key an address that several records share still means one record.
	_, ok, err := s.Take(t.Context(), &ports.Take{Model: a.account, Key: a.account.Unique[0]}, []ports.Value{ports.String("google"), ports.String("y")})
	if !ok || err != nil {
		t.Errorf("Take by a key that is blocked = %v, %v", ok, err)
	}
	n, err := s.Count(t.Context(), &ports.Query{Model: a.account, Limit: 1}, nil)
	if n != 5 || err != nil {
		t.Errorf("Count after one Take of six records = %d, %v, want 5", n, err)
	}
}

// columns adds fields of every type to a table with a record.
func columns(t *testing.T) {
	s := openStore(t, existing(t, existingRows))
	a := newAuth()
	before := len(a.user.Fields)
	a.user.Fields = append(a.user.Fields,
		ports.Field{Name: "plan", Type: ports.TypeString, Default: ports.String("it's free")},
		ports.Field{Name: "banned", Type: ports.TypeBool, Default: ports.Bool(true)},
		ports.Field{Name: "seats", Type: ports.TypeInt, Default: ports.Int(-3), Null: true},
		ports.Field{Name: "since", Type: ports.TypeTime, Default: then()},
		ports.Field{Name: "meta", Type: ports.TypeJSON, Default: ports.JSON(`{"a":"'"}`)},
		ports.Field{Name: "tags", Type: ports.TypeList, Default: ports.List([]string{"x"})},
		ports.Field{Name: "phone", Type: ports.TypeString, Null: true},
		ports.Field{Name: "invitedBy", Type: ports.TypeString, Null: true, References: a.user},
	)
	a.user.Unique = append(a.user.Unique, ports.Key{"phone"})
	if _, err := s.Migrate(t.Context(), a.all(), true); err != nil {
		t.Fatal(err)
	}
	rs, err := s.Find(t.Context(), &ports.Query{Model: a.user, Limit: 1}, nil)
	if err != nil || len(rs) != 1 {
		t.Fatal(rs, err)
	}
	for i, f := range a.user.Fields[before:] {
		if got := rs[0][before+i]; !got.Equal(f.Default) {
			t.Errorf("%s of an existing record = %s, want %s", f.Name, got.AppendJSON(nil), f.Default.AppendJSON(nil))
		}
	}
	if plan, err := s.Migrate(t.Context(), a.all(), false); err != nil || len(plan.Steps)+len(plan.Duplicates) != 0 {
		t.Errorf("Migrate again = %+v, %v", plan, err)
	}
	a.user.Fields = append(a.user.Fields, ports.Field{Name: "must", Type: ports.TypeString})
	if _, err := s.Migrate(t.Context(), []*ports.Model{a.user}, true); !errors.Is(err, ports.ErrInvalid) {
		t.Errorf("Migrate with a field that existing records cannot have = %v, want ErrInvalid", err)
	}
}

// TestForms reads what other programs write into a column declared date or integer.
func TestForms(t *testing.T) {
	path := existing(t, existingRows)
	db := openDB(t, path)
	s := openStore(t, path)
	a := newAuth()
	byID := &ports.Query{Model: a.user, Where: []ports.Condition{{Field: "id"}}, Limit: 1}
	for _, c := range []struct {
		name, stored string
		want         time.Time
	}{
		{"Milliseconds", `'2026-03-01T12:00:00.007Z'`, time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)},
		{"Seconds", `'2026-03-01T12:00:00Z'`, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		{"Microseconds", `'2026-03-01T12:00:00.007999Z'`, time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)},
		{"Zone", `'2026-03-01T14:00:00.007+02:00'`, time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC)},
		{"CurrentTimestamp", `'2026-03-01 12:00:00'`, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		{"Day", `'2026-03-01'`, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		{"Seconds", `1772366400`, time.Unix(1772366400, 0).UTC()},
		{"SecondsWithAFraction", `1772366400.5`, time.UnixMilli(1772366400500).UTC()},
		{"Number", `1772366400007`, time.UnixMilli(1772366400007).UTC()},
		{"Float", `1772366400007.5`, time.UnixMilli(1772366400007).UTC()},
		{"Before1970", `-5`, time.UnixMilli(-5).UTC()},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := db.ExecContext(t.Context(), `update "user" set "createdAt" = `+c.stored); err != nil {
				t.Fatal(err)
			}
			rs, err := s.Find(t.Context(), byID, []ports.Value{ports.String("u1")})
			if err != nil || len(rs) != 1 || !rs[0][5].AsTime().Equal(c.want) {
				t.Errorf("a time stored as %s reads as %v, %v, want %v", c.stored, rs, err, c.want)
			}
		})
	}
	t.Run("LeavesNothingToTheDriver", func(t *testing.T) {
		own := kerniasqlite.New(openDB(t, "file:"+path+"?_inttotime=1")) // which takes small numbers for seconds
		defer closed(t, own)
		if _, err := db.ExecContext(t.Context(), `update "user" set "createdAt" = 5`); err != nil {
			t.Fatal(err)
		}
		rs, err := own.Find(t.Context(), byID, []ports.Value{ports.String("u1")})
		if err != nil || len(rs) != 1 || !rs[0][5].AsTime().Equal(time.UnixMilli(5)) {
			t.Errorf("a time stored as 5 reads as %v, %v, want 5 ms after 1970", rs, err)
		}
	})
	t.Run("WritesOneForm", func(t *testing.T) {
		if _, err := s.Create(t.Context(), a.user, a.newUser("u2")); err != nil {
			t.Fatal(err)
		}
		var when, kind, flag string
		err := db.QueryRowContext(t.Context(), `select "createdAt" || '', typeof("createdAt"), typeof("emailVerified") || "emailVerified" from "user" where "id" = 'u2'`).Scan(&when, &kind, &flag)
		if err != nil || when != "2026-03-01T12:00:00.007Z" || kind != "text" || flag != "integer1" {
			t.Errorf("stored %q as %s, %s, %v", when, kind, flag, err)
		}
	})
	t.Run("NamesTheColumnOfGarbage", func(t *testing.T) {
		if _, err := db.ExecContext(t.Context(), `update "user" set "createdAt" = 'garbage'`); err != nil {
			t.Fatal(err)
		}
		_, err := s.Find(t.Context(), byID, []ports.Value{ports.String("u1")})
		if err == nil || strings.Contains(err.Error(), "garbage") || !strings.Contains(err.Error(), `"createdAt"`) {
			t.Errorf("Find of an unreadable time = %v", err)
		}
	})
}

// TestPlan asks SQLite how it looks a session up.
func TestPlan(t *testing.T) {
	c := &counter{dsn: existing(t, existingRows)}
	db := sql.OpenDB(c)
	defer db.Close()
	s := kerniasqlite.New(db)
	defer closed(t, s)
	a := newAuth()
	if _, err := s.Find(t.Context(), a.byToken, []ports.Value{ports.String("a"), ports.String("b")}); err != nil {
		t.Fatal(err)
	}
	text := queryPlan(t, db, c.list[len(c.list)-1], "a", "b")
	if !strings.Contains(text, "SEARCH a USING INDEX") || !strings.Contains(text, "(token=?)") || !strings.Contains(text, "SEARCH b USING INDEX") || strings.Contains(text, "SCAN") {
		t.Errorf("the look-up of a session is planned as\n%s", text)
	}
}

// queryPlan returns how SQLite finds the rows of a statement, a line for each table.
func queryPlan(t *testing.T, db *sql.DB, statement string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "explain query plan "+statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

func openStore(t *testing.T, path string) *kerniasqlite.Store {
	t.Helper()
	s, err := kerniasqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, s) })
	return s
}

func wantConflict(t *testing.T, err error, model, key string) {
	t.Helper()
	var c *ports.ConflictError
	if !errors.As(err, &c) || c.Model != model || c.Key != key {
		t.Errorf("got %v, want a conflict on %s (%s)", err, model, key)
	}
}
