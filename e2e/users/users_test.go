// Package users_test proves that a search over users finds the same on every store.
package users_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/e2e/internal/servers"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// stores open one empty store each, closed at the end of the test.
var stores = map[string]func(t *testing.T) ports.Store{
	"memory":   func(*testing.T) ports.Store { return memory.New() },
	"sqlite":   func(t *testing.T) ports.Store { return databases["sqlite"](t)() },
	"postgres": func(t *testing.T) ports.Store { return databases["postgres"](t)() },
	"mongo":    func(t *testing.T) ports.Store { return databases["mongo"](t)() },
}

// A closer is a store with connections of its own.
type closer interface {
	ports.Store
	Close() error
}

// databases make one empty database each, and return what opens a store on it, closed at the end of the test.
var databases = map[string]func(t *testing.T) func() closer{
	"sqlite": func(t *testing.T) func() closer {
		path := filepath.Join(t.TempDir(), "app.db")
		return func() closer { s, err := kerniasqlite.Open(t.Context(), path); return closed(t, s, err) }
	},
	"postgres": func(t *testing.T) func() closer {
		url, o := servers.URL(t, "KERNIA_TEST_POSTGRES_URL"), kerniapostgres.Options{Prefix: fresh()}
		return func() closer { s, err := kerniapostgres.Open(t.Context(), url, o); return closed(t, s, err) }
	},
	"mongo": func(t *testing.T) func() closer {
		url, name := servers.URL(t, "KERNIA_TEST_MONGO_URL"), fresh()
		return func() closer { s, err := kerniamongo.Open(t.Context(), url, name); return closed(t, s, err) }
	},
}

func closed(t *testing.T, s closer, err error) closer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func fresh() string { return fmt.Sprintf("users_%d_", time.Now().UnixNano()) }

var (
	rank = kernia.Field[*int64]{Name: "rank"}
	seen = kernia.Field[*time.Time]{Name: "seen"}
	note = kernia.Field[*string]{Name: "note"}
)

// names are of the users to find: of both cases, beyond ASCII, and with what databases take for patterns.
var names = []string{"Ann", "anna", "BOB", "bob%", "b_b", `b\b`, "Zoë", "ZOË", "$ne", ".*", "O'Brien", "ann"}

func fill(t *testing.T, auth *kernia.Auth, clock *memory.Clock) {
	t.Helper()
	for i, name := range names {
		u := auth.Users.New(t.Context())
		u.Name, u.Email, u.EmailVerified = name, fmt.Sprintf("u%02d@example.com", i), i%2 == 0
		if i%3 != 0 {
			n, at, text := int64(i), clock.Now(), strings.Repeat("x", i)
			rank.Set(&u, &n)
			seen.Set(&u, &at)
			note.Set(&u, &text)
		}
		if _, err := auth.Users.Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Second)
	}
}

func filter(field, operator string, value any) kernia.UserQuery {
	return kernia.UserQuery{SortBy: "email", Filters: []kernia.UserFilter{{Field: field, Operator: operator, Value: value}}}
}

func search(text, by string) kernia.UserQuery {
	return kernia.UserQuery{SortBy: "email", Search: text, SearchIn: "name", SearchBy: by}
}

func TestUsers(t *testing.T) {
	tests := map[string]struct {
		query kernia.UserQuery
		want  string
	}{
		"search folds A to Z":        {search("AN", "starts_with"), "00 01 11"},
		"search folds no others":     {search("zoË", ""), "07"},
		"search for percent":         {search("%", ""), "03"},
		"search for underscore":      {search("_", "contains"), "04"},
		"search for backslash":       {search(`\`, ""), "05"},
		"search for a quote":         {search("o'b", ""), "10"},
		"search for an expression":   {search(".*", ""), "09"},
		"search at the end":          {search("B", "ends_with"), "02 04 05"},
		"filter with case":           {filter("name", "starts_with", "ann"), "01 11"},
		"filter at the end":          {filter("name", "ends_with", "b"), "04 05"},
		"filter equal with case":     {filter("name", "eq", "ann"), "11"},
		"filter for an operator":     {filter("name", "eq", "$ne"), "08"},
		"filter in":                  {filter("name", "in", []string{"BOB", "ZOË", "nobody"}), "02 07"},
		"filter not in, null passes": {filter("rank", "not_in", []int{1, 2, 4, 5}), "07 08 10 11"},
		"filter not equal":           {filter("rank", "ne", 1), "02 04 05 07 08 10 11"},
		"filter in none":             {filter("rank", "in", []any{}), ""},
		"filter not in none":         {filter("rank", "not_in", []any{}), "01 02 04 05 07 08 10 11"},
		"filter null":                {filter("note", "eq", nil), "00 03 06 09"},
		"filter less":                {filter("rank", "lte", "4"), "01 02 04"},
		"filter by time":             {filter("seen", "gte", "2026-11-24T12:00:08Z"), "08 10 11"},
		"filter by bool":             {filter("emailVerified", "ne", true), "01 03 05 07 09 11"},
		"filter by id":               {filter("id", "eq", "nobody"), ""},
		"filter by text order":       {filter("note", "gt", "xxxxxxxx"), "10 11"},
		"sort by bytes":              {kernia.UserQuery{SortBy: "name"}, "08 09 00 02 10 07 06 11 01 05 04 03"},
		"sort down, nulls last":      {kernia.UserQuery{SortBy: "rank", Desc: true, Limit: 8}, "11 10 08 07 05 04 02 01"},
		"sort by time":               {kernia.UserQuery{SortBy: "createdAt", Desc: true, Limit: 3, Offset: 2}, "09 08 07"},
		"a page of a search":         {kernia.UserQuery{Search: "u0", Limit: 2, Offset: 8}, "08 09"},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
			auth := kerniatest.New(t, kernia.Config{Store: open(t), Clock: clock, UserFields: []kernia.Extra{rank, seen, note}})
			fill(t, auth, clock)
			for name, test := range tests {
				list, total, err := auth.Users.List(t.Context(), test.query)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				got := make([]string, len(list))
				for i, u := range list {
					got[i] = u.Email[1:3]
				}
				if strings.Join(got, " ") != test.want {
					t.Errorf("%s finds %q, want %q", name, got, test.want)
				}
				if want := int64(len(got)); total != want && test.query.Limit == 0 {
					t.Errorf("%s: a total of %d, want %d", name, total, want)
				}
			}
		})
	}
}

// bookmark is a record of a feature's own.
type bookmark struct {
	ID       string
	UserID   string  `kernia:"ref=user"`
	ParentID *string `kernia:"ref=bookmark"`
	URL      string  `kernia:"unique"`
	Visits   int64
	Tags     []string
}

type bookmarks struct {
	table  *kernia.Table[bookmark]
	listed *kernia.Joined[bookmark, kernia.User]
	visit  *kernia.Step[bookmark]
	some   *kernia.Lookup[bookmark]
}

func (b *bookmarks) Declare(d *kernia.Declaration) {
	d.Name("bookmarks")
	b.table = kernia.TableOf[bookmark](d, "bookmark")
	b.listed = kernia.Follow(b.table.Where("userId.name starts with fold", "url not in").Desc("visits"), "userId", d.Auth().Users)
	b.visit = b.table.Change("url", "visits <", "url in").Add("visits").Set("tags")
	b.some = b.table.Where("url in", "parentId is null")
}

func TestTables(t *testing.T) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			b := &bookmarks{}
			clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
			auth := kerniatest.New(t, kernia.Config{Store: open(t), Clock: clock, UserFields: []kernia.Extra{rank, seen, note}}, b)
			fill(t, auth, clock)
			ctx := t.Context()
			users, _, err := auth.Users.List(ctx, search("ann", "starts_with"))
			if err != nil || len(users) != 3 {
				t.Fatalf("%d users, %v", len(users), err)
			}
			for i, u := range users {
				if _, err := b.table.Create(ctx, bookmark{UserID: u.ID, URL: string(rune('a' + i)), Visits: int64(i)}); err != nil {
					t.Fatal(err)
				}
			}
			page, total, err := b.listed.Page(ctx, 1, 1, "AN", []string{"x", "y", "z"})
			if err != nil || total != 3 || len(page) != 1 || page[0].Record.URL != "b" || page[0].Target.Name != "anna" {
				t.Errorf("Page = %+v of %d, %v", page, total, err)
			}
			if page, total, err := b.listed.Page(ctx, 9, 0, "an", []string{}); err != nil || total != 3 || len(page) != 3 {
				t.Errorf("a page without exceptions = %d of %d, %v", len(page), total, err)
			}
			for i, want := range []bool{true, true, false} {
				got, err := b.visit.Do(ctx, "a", 2, []string{"b", "a", "c"}, 1, []string{"x", "y"})
				if err != nil || (got != nil) != want || got != nil && (got.Visits != int64(i+1) || !slices.Equal(got.Tags, []string{"x", "y"})) {
					t.Errorf("visit %d = %+v, %v", i, got, err)
				}
			}
			if n, err := b.some.Delete(ctx, []string{"a", "c", "q"}); n != 2 || err != nil {
				t.Errorf("Delete = %d, %v, want 2", n, err)
			}
		})
	}
}
