package kernia_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// note is a record with every type that a column can have.
type note struct {
	ID        string
	UserID    string  `kernia:"ref=user"`
	ParentID  *string `kernia:"ref=note"`
	Text      string
	Slug      string `kernia:"unique=place"`
	Folder    string `kernia:"unique=place,index=shelf"`
	Count     int64  `kernia:"index=shelf,default=7"`
	Done      bool
	Due       *time.Time
	Tags      []string
	Extra     *json.RawMessage
	CreatedAt time.Time
	UpdatedAt time.Time
}

// notes is a feature with one table and every way to use it.
type notes struct {
	table    *kernia.Table[note]
	mine     *kernia.Lookup[note]
	newest   *kernia.Lookup[note]
	either   *kernia.Lookup[note]
	others   *kernia.Lookup[note]
	undated  *kernia.Lookup[note]
	like     *kernia.Lookup[note]
	small    *kernia.Lookup[note]
	everyone *kernia.Joined[note, kernia.User]
	parents  *kernia.Joined[note, note]
	spend    *kernia.Step[note]
	move     *kernia.Step[note]
	take     *kernia.Step[note]
}

func (n *notes) Declare(d *kernia.Declaration) {
	d.Name("notes")
	n.table = kernia.TableOf[note](d, "note")
	n.mine = n.table.Where("userId")
	n.newest = n.table.Where("userId").Desc("count").Asc("text").Limit(3)
	n.either = n.table.Where("text in").Asc("text")
	n.others = n.table.Where("userId", "text not in").Asc("text")
	n.undated = n.table.Where("due is null", "done")
	n.like = n.table.Where("text  starts with  fold")
	n.small = n.table.Where("count <=", "createdAt >=")
	n.everyone = kernia.Follow(n.table.Where("userId.email ends with").Asc("count"), "userId", d.Auth().Users)
	n.parents = kernia.Follow(n.table.Where("parentId.text"), "parentId", n.table)
	n.spend = n.table.Change("id", "count >").Add("count").Set("due")
	n.move = n.table.Change("slug,folder", "text in").Set("folder", "tags")
	n.take = n.table.Consume("slug, folder", "count =")
}

// noted returns an Auth with notes and two users.
func noted(t *testing.T) (*notes, *server, [2]string) {
	n := &notes{}
	s := serve(t, kernia.Config{}, n)
	var ids [2]string
	for i, address := range []string{"ann@example.com", "bob@example.org"} {
		u := s.auth.Users.New(t.Context())
		u.Name, u.Email = strings.ToUpper(address[:3]), address
		u, err := s.auth.Users.Create(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = u.ID
	}
	return n, s, ids
}

func (n *notes) add(t *testing.T, v note) note {
	t.Helper()
	if v.Slug == "" {
		v.Slug = v.Text
	}
	made, err := n.table.Create(t.Context(), v)
	if err != nil || made.ID == "" {
		t.Fatalf("Create = %+v, %v", made, err)
	}
	return made
}

// texts returns the texts of the records, and fails the test for an error.
func texts(t *testing.T) func(list []note, err error) string {
	return func(list []note, err error) string {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		out := make([]string, len(list))
		for i := range list {
			out[i] = list[i].Text
		}
		return strings.Join(out, " ")
	}
}

func TestTableKeepsEveryType(t *testing.T) {
	n, s, ids := noted(t)
	due, raw := s.clock.Now().Add(time.Hour), json.RawMessage(`{"a":1}`)
	was := n.add(t, note{UserID: ids[0], Text: "a", Count: 3, Done: true, Due: &due, Tags: []string{"x", "y"}, Extra: &raw})
	got, err := n.table.Find(t.Context(), was.ID)
	if err != nil || got == nil {
		t.Fatalf("Find = %+v, %v", got, err)
	}
	if got.ParentID != nil || got.Count != 3 || !got.Done || !got.Due.Equal(due) || len(got.Tags) != 2 || string(*got.Extra) != `{"a":1}` || !got.CreatedAt.Equal(s.clock.Now()) {
		t.Errorf("Find = %+v", got)
	}
	if gone, err := s.auth.Users.Delete(t.Context(), ids[0]); !gone || err != nil {
		t.Fatalf("Delete = %v, %v", gone, err)
	}
	if left, err := n.table.Find(t.Context(), was.ID); left != nil || err != nil {
		t.Errorf("the user's note survives: %+v, %v", left, err)
	}
}

func TestTableUpdate(t *testing.T) {
	n, s, ids := noted(t)
	was := n.add(t, note{UserID: ids[0], Text: "a", Tags: []string{"x"}})
	s.clock.Advance(time.Minute)
	due := s.clock.Now()
	got, err := n.table.Update(t.Context(), was.ID, kernia.Values{"text": "b", "count": 4, "due": &due, "tags": []string{}})
	if err != nil || got == nil || got.Text != "b" || got.Count != 4 || !got.Due.Equal(due) || len(got.Tags) != 0 || got.Slug != "a" {
		t.Fatalf("Update = %+v, %v", got, err)
	}
	if !got.UpdatedAt.Equal(s.clock.Now()) || !got.CreatedAt.Equal(was.CreatedAt) {
		t.Errorf("updated %v, created %v", got.UpdatedAt, got.CreatedAt)
	}
	if got, err = n.table.Update(t.Context(), was.ID, kernia.Values{"due": nil}); err != nil || got.Due != nil {
		t.Errorf("Update to null = %+v, %v", got, err)
	}
	if got, err := n.table.Update(t.Context(), "nobody", kernia.Values{"text": "b"}); got != nil || err != nil {
		t.Errorf("Update of nothing = %+v, %v", got, err)
	}
	for _, set := range []kernia.Values{nil, {"id": "x"}, {"nothing": 1}, {"text": 1}, {"count": "1"}, {"text": nil}, {"extra": json.RawMessage("{")}} {
		if got, err := n.table.Update(t.Context(), was.ID, set); got != nil || !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Update with %v = %+v, %v, want ErrInvalid", set, got, err)
		}
	}
	n.add(t, note{UserID: ids[0], Text: "c"})
	if _, err := n.table.Update(t.Context(), was.ID, kernia.Values{"slug": "c"}); conflictKey(err) != "slug,folder" {
		t.Errorf("Update to a taken slug: %v", err)
	}
}

func conflictKey(err error) string {
	if c, ok := errors.AsType[*ports.ConflictError](err); ok {
		return c.Key
	}
	return ""
}

func TestLookup(t *testing.T) {
	n, s, ids := noted(t)
	ctx := t.Context()
	due := s.clock.Now()
	for i, text := range []string{"ant", "bee", "Bear", "cat"} {
		n.add(t, note{UserID: ids[i/3], Text: text, Count: int64(i / 2), Done: true})
	}
	n.add(t, note{UserID: ids[0], Text: "dog", Due: &due})
	get := texts(t)
	for _, test := range []struct{ name, got, want string }{
		{"order and limit", get(n.newest.All(ctx, ids[0])), "Bear ant bee"},
		{"in", get(n.either.All(ctx, []string{"cat", "ant", "eel"})), "ant cat"},
		{"in none", get(n.either.All(ctx, []string{})), ""},
		{"not in", get(n.others.All(ctx, ids[0], []string{"ant", "bee", "eel"})), "Bear dog"},
		{"not in none", get(n.others.All(ctx, ids[1], []string(nil))), "cat"},
		{"null and a bool", get(n.undated.All(ctx, false)), ""},
		{"null argument", get(n.mine.All(ctx, nil)), ""},
		{"nil pointer", get(n.mine.All(ctx, (*string)(nil))), ""},
		{"a value of ports", get(n.mine.All(ctx, ports.String(ids[1]))), "cat"},
	} {
		if test.got != test.want {
			t.Errorf("%s finds %q, want %q", test.name, test.got, test.want)
		}
	}
	if got, err := n.like.Count(ctx, "b"); got != 2 || err != nil {
		t.Errorf("Count = %d, %v, want 2", got, err)
	}
	if got, err := n.small.Count(ctx, 0, due.Add(time.Second)); got != 0 || err != nil {
		t.Errorf("Count = %d, %v, want 0", got, err)
	}
	if got, err := n.newest.One(ctx, ids[0]); got == nil || got.Text != "Bear" || err != nil {
		t.Errorf("One = %+v, %v", got, err)
	}
	if got, err := n.newest.One(ctx, "nobody"); got != nil || err != nil {
		t.Errorf("One = %+v, %v", got, err)
	}
	if got, err := n.either.Delete(ctx, []string{"ant", "bee", "eel"}); got != 2 || err != nil {
		t.Errorf("Delete = %d, %v", got, err)
	}
	if got := get(n.mine.All(ctx, ids[0])); strings.Contains(got, "ant") || !strings.Contains(got, "dog") {
		t.Errorf("%q are left", got)
	}
}

func TestLookupPages(t *testing.T) {
	n, _, ids := noted(t)
	for _, text := range []string{"a", "b", "c", "d", "e"} {
		n.add(t, note{UserID: ids[0], Text: text})
	}
	for _, test := range []struct {
		limit, offset int
		want          string
	}{{2, 0, "a b"}, {2, 2, "c d"}, {2, 4, "e"}, {2, 9, ""}, {0, 0, "a b c"}, {99, 1, "b c d"}} {
		list, total, err := n.newest.Page(t.Context(), test.limit, test.offset, ids[0])
		if got := texts(t)(list, err); got != test.want || total != 5 {
			t.Errorf("page %d from %d = %q of %d, want %q of 5", test.limit, test.offset, got, total, test.want)
		}
	}
	if _, _, err := n.newest.Page(t.Context(), 1, -1, ids[0]); !errors.Is(err, ports.ErrInvalid) {
		t.Errorf("a negative offset: %v", err)
	}
	if _, _, err := n.newest.Page(t.Context(), -1, 0, ids[0]); !errors.Is(err, ports.ErrInvalid) {
		t.Errorf("a negative limit: %v", err)
	}
}

func TestFollow(t *testing.T) {
	n, _, ids := noted(t)
	ctx := t.Context()
	a := n.add(t, note{UserID: ids[0], Text: "a", Count: 2})
	n.add(t, note{UserID: ids[1], Text: "b", Count: 1, ParentID: &a.ID})
	all, err := n.everyone.All(ctx, "")
	if err != nil || len(all) != 2 || all[0].Target.Name != "BOB" || all[0].Record.Text != "b" || all[1].Target.ID != ids[0] {
		t.Errorf("All = %+v, %v", all, err)
	}
	page, total, err := n.everyone.Page(ctx, 1, 1, "")
	if err != nil || total != 2 || len(page) != 1 || page[0].Target.Email != "ann@example.com" {
		t.Errorf("Page = %+v of %d, %v", page, total, err)
	}
	if one, err := n.everyone.One(ctx, ".org"); err != nil || one == nil || one.Target.ID != ids[1] {
		t.Errorf("One = %+v, %v", one, err)
	}
	if one, err := n.parents.One(ctx, "a"); err != nil || one == nil || one.Record.Text != "b" || one.Target.ID != a.ID {
		t.Errorf("One with its parent = %+v, %v", one, err)
	}
	if one, err := n.parents.One(ctx, "b"); err != nil || one != nil {
		t.Errorf("a note without a parent = %+v, %v", one, err)
	}
}

func TestStep(t *testing.T) {
	n, s, ids := noted(t)
	ctx, now := t.Context(), s.clock.Now()
	made := n.add(t, note{UserID: ids[0], Text: "a", Folder: "f", Count: 2})
	for i, want := range []bool{true, true, false} {
		got, err := n.spend.Do(ctx, made.ID, 0, -1, now)
		if err != nil || (got != nil) != want {
			t.Errorf("step %d = %+v, %v", i, got, err)
		}
		if got != nil && (got.Count != int64(1-i) || !got.Due.Equal(now)) {
			t.Errorf("step %d makes it %+v", i, got)
		}
	}
	if got, err := n.move.Do(ctx, "a", "f", []string{"b", "c"}, "g", []string{"x"}); err != nil || got != nil {
		t.Errorf("a move of other texts = %+v, %v", got, err)
	}
	if got, err := n.move.Do(ctx, "a", "f", []string{"b", "c", "a"}, "g", []string{"x"}); err != nil || got == nil || got.Folder != "g" || got.Tags[0] != "x" {
		t.Errorf("a move = %+v, %v", got, err)
	}
	for i, test := range []struct {
		count int
		want  bool
	}{{1, false}, {0, true}, {0, false}} {
		if got, err := n.take.Do(ctx, "a", "g", test.count); err != nil || (got != nil) != test.want {
			t.Errorf("take %d = %+v, %v", i, got, err)
		}
	}
}

// Arguments that do not fit are an error of the call, and no panic.
func TestTableArguments(t *testing.T) {
	n, _, _ := noted(t)
	ctx := t.Context()
	many := make([]string, 1001)
	err := func(_ any, err error) error { return err }
	for name, got := range map[string]error{
		"too few":                 err(n.mine.All(ctx)),
		"too many":                err(n.mine.All(ctx, "a", "b")),
		"an int for a string":     err(n.mine.Count(ctx, 1)),
		"a string for a time":     err(n.small.One(ctx, 1, "2026")),
		"a struct":                err(n.mine.All(ctx, struct{}{})),
		"a channel":               err(n.mine.All(ctx, make(chan int))),
		"no list":                 err(n.either.All(ctx, "a")),
		"a nil list":              err(n.either.All(ctx, nil)),
		"a list of ints":          err(n.either.All(ctx, []int{1})),
		"a list that is too long": err(n.either.All(ctx, many)),
		"a list for a string":     err(n.mine.All(ctx, []string{"a"})),
		"a step without a key":    err(n.spend.Do(ctx)),
		"a step without a value":  err(n.spend.Do(ctx, "id", 1, 1)),
		"a step with more":        err(n.spend.Do(ctx, "id", 1, 1, nil, nil)),
		"a null to add":           err(n.spend.Do(ctx, "id", 1, nil, nil)),
		"deleting with a limit":   err(n.newest.Delete(ctx, "a")),
		"a look-up made late":     err(n.table.Where("text").All(ctx, "a")),
		"a step made late":        err(n.table.Change("id").Set("text").Do(ctx, "a", "b")),
		"an order made late":      err(n.table.Where("text").Desc("text").All(ctx, "a")),
	} {
		if !errors.Is(got, ports.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, got)
		}
	}
}

// A table that cannot work fails New, and the error says why.
func TestTableDeclaration(t *testing.T) {
	type plain struct {
		ID string
		A  string
		N  int64
	}
	for name, declare := range map[string]func(d *kernia.Declaration){
		"an unknown field":        on(func(t *kernia.Table[plain]) { t.Where("b") }),
		"an unknown comparison":   on(func(t *kernia.Table[plain]) { t.Where("a ==") }),
		"text of a number":        on(func(t *kernia.Table[plain]) { t.Where("n contains") }),
		"order of an id":          on(func(t *kernia.Table[plain]) { t.Where("id <") }),
		"an unknown order":        on(func(t *kernia.Table[plain]) { t.Where("a").Asc("b") }),
		"no room":                 on(func(t *kernia.Table[plain]) { t.Where("a").Limit(0) }),
		"three lists":             on(func(t *kernia.Table[plain]) { t.Where("a in", "n in", "a not in") }),
		"nothing followed":        on(func(t *kernia.Table[plain]) { t.Where("a.email") }),
		"a key that is not one":   on(func(t *kernia.Table[plain]) { t.Change("a").Set("n") }),
		"a change of nothing":     on(func(t *kernia.Table[plain]) { t.Change("id") }),
		"adding to text":          on(func(t *kernia.Table[plain]) { t.Change("id").Add("a") }),
		"setting the id":          on(func(t *kernia.Table[plain]) { t.Change("id").Set("id") }),
		"setting what is removed": on(func(t *kernia.Table[plain]) { t.Consume("id").Set("a") }),
		"following no reference":  on(func(t *kernia.Table[plain]) { kernia.Follow(t.Where("a"), "a", t) }),
		"following to nothing":    on(func(t *kernia.Table[note]) { kernia.Follow[note, note](t.Where(), "parentId", nil) }),
		"another table followed": func(d *kernia.Declaration) {
			kernia.Follow(kernia.TableOf[note](d, "note").Where(), "parentId", d.Auth().Users)
		},
		"an unknown word": func(d *kernia.Declaration) {
			kernia.TableOf[struct {
				ID string `kernia:"primary"`
			}](d, "wrong")
		},
		"a default of another type": func(d *kernia.Declaration) {
			kernia.TableOf[struct {
				ID string
				N  int64 `kernia:"default=many"`
			}](d, "wrong")
		},
		"a type without a column": func(d *kernia.Declaration) {
			kernia.TableOf[struct {
				ID string
				N  float64
			}](d, "wrong")
		},
	} {
		_, err := kernia.New(kernia.Config{Development: true, Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New()}, declared(declare))
		if err == nil || !strings.Contains(err.Error(), "tables") {
			t.Errorf("%s: %v, want an error of New that names the feature", name, err)
		}
	}
}

type declared func(d *kernia.Declaration)

func (f declared) Declare(d *kernia.Declaration) { d.Name("tables"); f(d) }

func on[T any](use func(t *kernia.Table[T])) func(d *kernia.Declaration) {
	return func(d *kernia.Declaration) { use(kernia.TableOf[T](d, "plain")) }
}

// A handle is of use after New, for calls of its own Auth.
func TestTableHandles(t *testing.T) {
	var early error
	n, _, _ := noted(t)
	serve(t, kernia.Config{}, declared(func(d *kernia.Declaration) {
		_, early = kernia.TableOf[note](d, "note").Where().All(t.Context())
	}))
	if early == nil {
		t.Error("a look-up works before New has returned")
	}
	never := notes{}
	for name, use := range map[string]func(ctx context.Context) error{
		"Find": func(ctx context.Context) error { _, err := never.table.Find(ctx, "a"); return err },
		"All":  func(ctx context.Context) error { _, err := never.mine.All(ctx, "a"); return err },
		"Join": func(ctx context.Context) error { _, err := never.everyone.One(ctx, "a"); return err },
		"Do":   func(ctx context.Context) error { _, err := never.spend.Do(ctx, "a"); return err },
	} {
		if use(t.Context()) == nil {
			t.Errorf("%s of a handle that was never declared succeeds", name)
		}
	}
	var foreign error
	other := serve(t, kernia.Config{}, declared(func(d *kernia.Declaration) {
		kernia.Post(d, "/try", func(ctx context.Context, _ *kernia.Call, _ kernia.None) (kernia.None, error) {
			_, foreign = n.mine.All(ctx, "a")
			return kernia.None{}, nil
		})
	}))
	if a := other.post("/try", `{}`); a.Status != 200 || foreign == nil {
		t.Errorf("%d: another Auth's table can be used: %v", a.Status, foreign)
	}
}

// ticket is a record that expires.
type ticket struct {
	ID        string
	ExpiresAt *time.Time `kernia:"expires"`
}

func TestTableExpires(t *testing.T) {
	var tickets *kernia.Table[ticket]
	var all *kernia.Lookup[ticket]
	s := serve(t, kernia.Config{}, declared(func(d *kernia.Declaration) {
		tickets = kernia.TableOf[ticket](d, "ticket")
		all = tickets.Where()
	}))
	count := func(at *time.Time) int64 {
		t.Helper()
		if _, err := tickets.Create(t.Context(), ticket{ExpiresAt: at}); err != nil {
			t.Fatal(err)
		}
		n, err := all.Count(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	soon, later := s.clock.Now().Add(time.Minute), s.clock.Now().Add(time.Hour)
	for i, at := range []*time.Time{&soon, &later, nil} {
		if n := count(at); n != int64(i+1) {
			t.Errorf("%d tickets, want %d", n, i+1)
		}
	}
	s.clock.Set(soon)
	if n := count(&later); n != 3 {
		t.Errorf("%d tickets once one has expired, want 3", n)
	}
}
