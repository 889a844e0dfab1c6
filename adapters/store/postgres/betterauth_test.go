package kerniapostgres_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// betterAuth returns a Store on a database that Better Auth made.
func betterAuth(t *testing.T) (*kerniapostgres.Store, tables, string) {
	t.Helper()
	ddl, err := os.ReadFile("testdata/betterauth.sql")
	if err != nil {
		t.Fatal(err)
	}
	pool := newPool(t)
	schema := newSchema(t, pool, string(ddl))
	return kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema}), newTables(ports.IDText), schema
}

func TestBetterAuth(t *testing.T) {
	t.Run("LacksNothingButTheKeyOfAccounts", func(t *testing.T) {
		s, m, _ := betterAuth(t)
		plan := migrate(t, s, m.all()...)
		if len(plan.Steps) != 1 || !strings.Contains(plan.Steps[0].Statement, `UNIQUE INDEX "account_providerId_accountId_uidx"`) {
			t.Errorf("Migrate of a Better Auth database = %+v, want the unique key of account alone", plan)
		}
		if plan := migrate(t, s, m.all()...); len(plan.Steps)+len(plan.Duplicates) != 0 {
			t.Errorf("Migrate again = %+v, want nothing", plan)
		}
	})
	t.Run("ReadsMicrosecondsAsMilliseconds", func(t *testing.T) {
		s, m, schema := betterAuth(t)
		pool := newPool(t)
		run(t, pool, `INSERT INTO `+schema+`."user" ("id", "name", "email", "emailVerified", "updatedAt")
			VALUES ('u', 'Ann', 'ann@example.com', true, '2026-03-01 14:00:00.123999+02'), ('old', 'Old', 'old', true, '1969-12-31 23:59:59.999999+00')`)
		r := get(t, s, m.user, "email", ports.String("ann@example.com"))[0]
		if got := at(m.user, r, "updatedAt").AsTime(); !got.Equal(noon) {
			t.Errorf("updatedAt = %v, want %v", got, noon)
		}
		for op, want := range map[ports.Op]int64{ports.Eq: 1, ports.Ne: 1, ports.Le: 2, ports.Lt: 1, ports.Ge: 1, ports.Gt: 0} {
			q := &ports.Query{Model: m.user, Where: []ports.Condition{{Field: "updatedAt", Op: op}}, Limit: 1}
			if n, err := s.Count(t.Context(), q, []ports.Value{ports.Time(noon)}); err != nil || n != want {
				t.Errorf("operator %d with the millisecond counts %d, %v, want %d", op, n, err, want)
			}
		}
		old := get(t, s, m.user, "id", ports.String("old"))[0]
		if got := at(m.user, old, "updatedAt").AsTime().UnixMilli(); got != -1 {
			t.Errorf("a time before 1970 = %d ms, want -1", got)
		}
	})
	t.Run("NamesTheKeyOfAConflict", func(t *testing.T) {
		s, m, _ := betterAuth(t)
		add(t, s, m.user, values{"email": ports.String("ann@example.com")})
		add(t, s, m.deviceCode, nil)
		for _, c := range []struct {
			m     *ports.Model
			given values
			key   string
		}{
			{m.user, values{"id": ports.String("2"), "email": ports.String("ann@example.com")}, "email"},
			{m.user, values{"email": ports.String("other")}, "id"},
			{m.deviceCode, values{"id": ports.String("2"), "deviceCode": ports.String("other")}, "userCode"},
		} {
			_, err := s.Create(t.Context(), c.m, record(c.m, c.given))
			var conflict *ports.ConflictError
			if !errors.As(err, &conflict) || conflict.Model != c.m.Name || conflict.Key != c.key {
				t.Errorf("Create of a second %q: %v, want a conflict on %q", c.m.Name, err, c.key)
			}
		}
	})
	t.Run("NamesTheDuplicatesInTheWayOfAKey", func(t *testing.T) {
		s, m, _ := betterAuth(t)
		duplicates(t, s, m)
		plan := migrate(t, s, m.all()...)
		if len(plan.Steps) != 0 || len(plan.Duplicates) != 1 {
			t.Fatalf("Migrate = %+v, want one blocked key", plan)
		}
		b := plan.Duplicates[0]
		if b.Model != "account" || b.Key.String() != "providerId,accountId" || b.Groups != 1 || !slices.Equal(b.IDs, []string{"a", "b"}) {
			t.Errorf("Blocked = %+v, want account by providerId,accountId, 1 group, ids a and b", b)
		}
	})
	t.Run("ChangesOneOfTwoThatShareAKey", func(t *testing.T) {
		s, m, _ := betterAuth(t)
		duplicates(t, s, m)
		key := ports.Key{"providerId", "accountId"}
		args := []ports.Value{ports.String("github"), ports.String("1")}
		r, ok, err := s.Update(t.Context(), &ports.Update{Model: m.account, Key: key, Set: []ports.Change{{Field: "scope"}}}, append(args, ports.String("new")))
		if err != nil || !ok || r[0].AsString() != "a" {
			t.Errorf("Update of one of two = %v, %v, %v, want the first", r, ok, err)
		}
		if n := len(get(t, s, m.account, "scope", ports.String("new"))); n != 1 {
			t.Errorf("Update changed %d records, want 1", n)
		}
		take := &ports.Take{Model: m.account, Key: key}
		for _, want := range []string{"a", "b"} {
			if r, ok, err := s.Take(t.Context(), take, args); err != nil || !ok || r[0].AsString() != want {
				t.Errorf("Take of one of two = %v, %v, %v, want %q", r, ok, err, want)
			}
		}
	})
	t.Run("RefusesAReferenceThatLeadsNowhere", func(t *testing.T) {
		s, m, _ := betterAuth(t)
		if _, err := s.Create(t.Context(), m.session, record(m.session, nil)); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Create of a session of nobody: %v, want ErrInvalid", err)
		}
	})
	for _, action := range []string{"cascade", "restrict", "no action"} {
		t.Run("DeletesWhatRefersToAUser_"+strings.ReplaceAll(action, " ", "_"), func(t *testing.T) { deletesReferrers(t, action) })
	}
}

func duplicates(t *testing.T, s *kerniapostgres.Store, m tables) {
	t.Helper()
	u := add(t, s, m.user, nil)[0]
	for id, account := range map[string]string{"a": "1", "b": "1", "c": "2"} {
		add(t, s, m.account, values{"id": ports.String(id), "providerId": ports.String("github"), "accountId": ports.String(account), "userId": u})
	}
}

func deletesReferrers(t *testing.T, action string) {
	s, m, schema := betterAuth(t)
	pool := newPool(t)
	for _, table := range []string{"session", "account"} {
		run(t, pool, `ALTER TABLE `+schema+`."`+table+`" DROP CONSTRAINT "`+table+`_userId_fkey",
			ADD FOREIGN KEY ("userId") REFERENCES `+schema+`."user" ON DELETE `+action)
	}
	for _, id := range []string{"1", "2"} {
		u := add(t, s, m.user, values{"id": ports.String(id), "email": ports.String(id)})[0]
		add(t, s, m.session, values{"id": ports.String(id), "token": ports.String(id), "userId": u})
		add(t, s, m.account, values{"id": ports.String(id), "accountId": ports.String(id), "userId": u})
	}
	r, ok, err := s.Take(t.Context(), &ports.Take{Model: m.user, Key: ports.Key{"id"}}, []ports.Value{ports.String("1")})
	if err != nil || !ok || r[0].AsString() != "1" {
		t.Fatalf("Take of a user = %v, %v, %v", r, ok, err)
	}
	for _, x := range []*ports.Model{m.user, m.session, m.account} {
		if n := size(t, s, x); n != 1 {
			t.Errorf("%d records of %q are left, want 1", n, x.Name)
		}
	}
	n, err := s.Delete(t.Context(), &ports.Delete{Model: m.user}, nil)
	if err != nil || n != 1 || size(t, s, m.session) != 0 {
		t.Errorf("Delete of the other user = %d, %v", n, err)
	}
}
