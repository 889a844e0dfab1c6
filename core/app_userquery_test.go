package kernia_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

var (
	rank   = kernia.Field[*int64]{Name: "rank"}
	color  = kernia.Field[string]{Name: "color", Default: kernia.Some("red")}
	pin    = kernia.Field[string]{Name: "pin", Hidden: true, Default: kernia.Some("1234")}
	labels = kernia.Field[[]string]{Name: "labels"}
)

// listed returns an Auth with users u0 to u4, of whom the third has no rank.
func listed(t *testing.T) *server {
	s := serve(t, kernia.Config{UserFields: []kernia.Extra{rank, color, pin, labels}})
	for i, name := range []string{"Ann", "bob", "An%n", "Zoë", "anna"} {
		u := s.auth.Users.New(t.Context())
		u.Name, u.Email, u.EmailVerified = name, fmt.Sprintf("u%d@example.%s", i, []string{"com", "org"}[i%2]), i%2 == 0
		if r := int64(10 * i); i != 2 {
			rank.Set(&u, &r)
		}
		if i > 2 {
			color.Set(&u, "blue")
		}
		if _, err := s.auth.Users.Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(time.Second)
	}
	return s
}

// numbers returns the digits of users' addresses.
func numbers(list []kernia.User) string {
	var b strings.Builder
	for _, u := range list {
		b.WriteString(u.Email[1:2])
	}
	return b.String()
}

func by(field, operator string, value any) kernia.UserQuery {
	return kernia.UserQuery{Filters: []kernia.UserFilter{{Field: field, Operator: operator, Value: value}}}
}

func TestUserQuery(t *testing.T) {
	s := listed(t)
	second := time.Date(2026, 11, 24, 12, 0, 1, 0, time.UTC)
	for _, test := range []struct {
		name  string
		query kernia.UserQuery
		want  string
	}{
		{"everybody", kernia.UserQuery{}, "01234"},
		{"search", kernia.UserQuery{Search: "EXAMPLE.org"}, "13"},
		{"search by the start", kernia.UserQuery{Search: "an", SearchIn: "name", SearchBy: "starts_with"}, "024"},
		{"search by the end", kernia.UserQuery{Search: "N", SearchIn: "name", SearchBy: "ends_with"}, "02"},
		{"search for a wildcard", kernia.UserQuery{Search: "%", SearchIn: "name", SearchBy: "contains"}, "2"},
		{"search and filter", kernia.UserQuery{Search: "an", SearchIn: "name", Filters: by("color", "", "blue").Filters}, "4"},
		{"equal", by("name", "eq", "Ann"), "0"},
		{"not equal", by("color", "ne", "red"), "34"},
		{"a bool", by("emailVerified", "eq", false), "13"},
		{"a bool as text", by("emailVerified", "", "true"), "024"},
		{"less", by("rank", "lt", 30), "01"},
		{"less or equal", by("rank", "lte", 30.0), "013"},
		{"more", by("rank", "gt", json.Number("10")), "34"},
		{"more or equal", by("rank", "gte", "10"), "134"},
		{"a time", by("createdAt", "gt", second), "234"},
		{"a time as text", by("createdAt", "lte", "2026-11-24T12:00:01Z"), "01"},
		{"in", by("name", "in", []string{"bob", "anna", "nobody"}), "14"},
		{"in of JSON", by("rank", "in", []any{0.0, 40.0}), "04"},
		{"in none", by("name", "in", []any{}), ""},
		{"not in", by("rank", "not_in", []int{0, 10}), "34"},
		{"not in none", by("rank", "not_in", []any{}), "0134"},
		{"contains, with case", by("name", "contains", "nn"), "04"},
		{"starts with, with case", by("name", "starts_with", "An"), "02"},
		{"ends with", by("email", "ends_with", ".org"), "13"},
		{"null", by("rank", "eq", nil), "2"},
		{"not null", by("rank", "ne", nil), "0134"},
		{"sorted by name", kernia.UserQuery{SortBy: "name"}, "20341"},
		{"sorted down", kernia.UserQuery{SortBy: "rank", Desc: true}, "43102"},
		{"newest first", kernia.UserQuery{Desc: true}, "43210"},
		{"hidden, for the application", kernia.UserQuery{Hidden: true, SortBy: "pin", Filters: by("pin", "eq", "1234").Filters}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, total, err := s.auth.Users.List(t.Context(), test.query)
			if test.query.Hidden { // equal pins are sorted by id
				if len(list) != 5 || err != nil {
					t.Errorf("List = %d users, %v, want 5", len(list), err)
				}
				return
			}
			if got := numbers(list); got != test.want || total != int64(len(test.want)) || err != nil {
				t.Errorf("List = %q of %d, %v, want %q", got, total, err, test.want)
			}
			if n, err := s.auth.Users.Count(t.Context(), test.query); n != int64(len(test.want)) || err != nil {
				t.Errorf("Count = %d, %v, want %d", n, err, len(test.want))
			}
		})
	}
	for _, test := range []struct {
		limit, offset int
		want          string
	}{{2, 0, "01"}, {2, 3, "34"}, {5000, 4, "4"}, {0, 5, ""}} {
		list, total, err := s.auth.Users.List(t.Context(), kernia.UserQuery{Limit: test.limit, Offset: test.offset})
		if got := numbers(list); got != test.want || total != 5 || err != nil {
			t.Errorf("%d after %d = %q of %d, %v, want %q of 5", test.limit, test.offset, got, total, err, test.want)
		}
	}
}

// What a client asks wrongly is its fault, never ours.
func TestUserQueryRefuses(t *testing.T) {
	s := listed(t)
	long := strings.Repeat("a", 1001)
	for name, q := range map[string]kernia.UserQuery{
		"an unknown field":         by("nothing", "eq", "a"),
		"no field":                 by("", "eq", "a"),
		"an unknown operator":      by("name", "like", "a"),
		"a number for text":        by("name", "eq", 5),
		"a JSON number for text":   by("name", "eq", json.Number("5")),
		"text for a number":        by("rank", "lt", "many"),
		"half a number":            by("rank", "lt", 1.5),
		"a number beyond":          by("rank", "lt", 1e300),
		"a number beyond, as text": by("rank", "lt", "9223372036854775808"),
		"text for a bool":          by("emailVerified", "eq", "yes"),
		"text for a time":          by("createdAt", "eq", "yesterday"),
		"a time beyond":            by("createdAt", "lt", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)),
		"an object":                by("name", "eq", map[string]any{"$ne": nil}),
		"a list for a value":       by("name", "eq", []string{"a"}),
		"a value for a list":       by("name", "in", "a"),
		"null for a list":          by("name", "in", nil),
		"null in a list":           by("name", "in", []any{nil}),
		"a list that is too long":  by("name", "in", make([]string, 1001)),
		"bytes":                    by("name", "in", []byte("ann")),
		"order of null":            by("rank", "lt", nil),
		"order of a bool":          by("emailVerified", "lt", true),
		"order of an id":           by("id", "gt", "a"),
		"a part of an id":          by("id", "contains", "a"),
		"a part of a number":       by("rank", "contains", 1),
		"a list field":             by("labels", "contains", "a"),
		"text with a zero":         by("name", "eq", "a\x00"),
		"broken text":              by("name", "contains", "\xff"),
		"a part that is too long":  by("name", "contains", long),
		"a search too long":        {Search: long},
		"a search elsewhere":       {Search: "a", SearchIn: "color"},
		"a search by something":    {Search: "a", SearchBy: "eq"},
		"a search by nothing":      {Search: "a", SearchBy: "matches"},
		"an unknown order":         {SortBy: "nothing"},
		"an order of lists":        {SortBy: "labels"},
		"a negative limit":         {Limit: -1},
		"a negative offset":        {Offset: -1},
		"a hidden field":           by("pin", "starts_with", "1"),
		"an order by hidden":       {SortBy: "pin"},
		"too many filters":         {Filters: slices.Repeat(by("name", "ne", "a").Filters, 21)},
		"too many values":          {Filters: slices.Repeat(by("name", "in", make([]string, 501)).Filters, 2)},
	} {
		list, _, err := s.auth.Users.List(t.Context(), q)
		if known, ok := errors.AsType[*kernia.Error](err); list != nil || !ok || known.Code != "INVALID_USER_QUERY" || known.Kind.Status() != 400 {
			t.Errorf("%s: %d users, %v, want INVALID_USER_QUERY", name, len(list), err)
		}
		if _, err := s.auth.Users.Count(t.Context(), q); !errors.Is(err, kernia.ErrUserQuery) {
			t.Errorf("%s, counted: %v", name, err)
		}
	}
}

func TestModels(t *testing.T) {
	_, s, _ := noted(t)
	names := func() (out []string) {
		for _, m := range s.auth.Models() {
			out = append(out, m.Name)
		}
		return out
	}
	if got := names(); !slices.Contains(got, "user") || !slices.Contains(got, "note") {
		t.Errorf("models = %q", got)
	}
	s.auth.Models()[0] = &ports.Model{Name: "other"}
	if got := names(); got[0] != "user" {
		t.Errorf("a caller changed the list: %q", got)
	}
}
