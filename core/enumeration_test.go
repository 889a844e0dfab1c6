package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/username"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// calls counts by name.
type calls struct {
	mu sync.Mutex
	by map[string]int
}

func (c *calls) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[string]int{}
	}
	c.by[name]++
}

// take returns the counts and begins anew.
func (c *calls) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := fmt.Sprint(c.by)
	c.by = nil
	return text
}

// countedStore counts the calls of a store, by method and model.
type countedStore struct {
	ports.Store
	calls *calls
}

func (s countedStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	s.calls.add("create " + m.Name)
	return s.Store.Create(ctx, m, r)
}

func (s countedStore) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	s.calls.add("find " + q.Model.Name)
	return s.Store.Find(ctx, q, args)
}

func (s countedStore) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	s.calls.add("count " + q.Model.Name)
	return s.Store.Count(ctx, q, args)
}

func (s countedStore) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	s.calls.add("update " + u.Model.Name)
	return s.Store.Update(ctx, u, args)
}

func (s countedStore) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	s.calls.add("delete " + d.Model.Name)
	return s.Store.Delete(ctx, d, args)
}

func (s countedStore) Take(ctx context.Context, d *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	s.calls.add("take " + d.Model.Name)
	return s.Store.Take(ctx, d, args)
}

func (s countedStore) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	s.calls.add("tx")
	return s.Store.Tx(ctx, f)
}

// An evenHasher counts what is asked of a hasher that makes failures cost alike by itself.
type evenHasher struct {
	memory.Hasher
	calls    *calls
	expected []string
}

func (h *evenHasher) Hash(ctx context.Context, password string) (string, error) {
	h.calls.add("hash")
	return h.Hasher.Hash(ctx, password)
}

// Verify counts only hashes that it can verify: it refuses all others without work.
func (h *evenHasher) Verify(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	ok, stale, err = h.Hasher.Verify(ctx, password, hash)
	if err == nil {
		h.calls.add("failure")
	}
	return ok, stale, err
}

func (h *evenHasher) Reject(context.Context, string) error {
	h.calls.add("failure")
	return nil
}

func (h *evenHasher) Expect(form string) error {
	h.expected = append(h.expected, form)
	if form == "?" {
		return errors.New("no such form")
	}
	return nil
}

// TestF04_FailedSignInsCostAlike: whoever an address or a user name belongs to, a wrong password takes the same calls of
// the hasher and of the store, and has the same answer.
func TestF04_FailedSignInsCostAlike(t *testing.T) {
	count := &calls{}
	h := &evenHasher{calls: count}
	s := serve(t, kernia.Config{Store: countedStore{memory.New(), count}, Hasher: h}, emailpassword.Feature{}, username.Feature{})
	ctx := t.Context()
	for _, name := range []string{"right", "empty", "unreadable", "deleted", "social"} {
		a := s.post("/sign-up/email", `{"name":"x","email":"`+name+`@example.com","password":"password123","username":"`+name+`"}`)
		if a.Status != 200 {
			t.Fatal(string(a.Body))
		}
		found, err := s.auth.Accounts.FindCredential(ctx, name+"@example.com")
		if err != nil || found == nil {
			t.Fatal(found, err)
		}
		switch name {
		case "empty", "unreadable":
			_, err = s.auth.Accounts.ReplacePassword(ctx, &found.Account, map[string]string{"unreadable": "$unknown$"}[name])
		case "deleted":
			_, err = s.auth.Users.Delete(ctx, found.User.ID)
		case "social":
			_, err = s.auth.Accounts.Delete(ctx, found.Account)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, route := range []struct{ path, member, domain string }{
		{"/sign-in/email", "email", "@example.com"},
		{"/sign-in/username", "username", ""},
	} {
		want := ""
		for _, name := range []string{"nobody", "right", "empty", "unreadable", "deleted", "social"} {
			count.take()
			a := s.post(route.path, `{"`+route.member+`":"`+name+route.domain+`","password":"wrong-password"}`)
			got := fmt.Sprint(a.Status, string(a.Body), a.Header, a.Cookies, count.take())
			if want == "" {
				want = got
			}
			if a.Status != 401 || got != want {
				t.Errorf("%s of %s = %s, want %s", route.path, name, got, want)
			}
		}
	}
}

// TestF04_ImportedHashes: the hasher learns which hashes there may be; those of Better Auth where nothing is said.
func TestF04_ImportedHashes(t *testing.T) {
	for _, test := range []struct {
		imported []string
		want     string
	}{
		{nil, "[scrypt]"},
		{[]string{}, "[]"},
		{[]string{"$2b$12$", "scrypt"}, "[$2b$12$ scrypt]"},
	} {
		h := &evenHasher{calls: &calls{}}
		c := config()
		c.Hasher, c.Imported = h, test.imported
		if _, err := kernia.New(c); err != nil || fmt.Sprint(h.expected) != test.want {
			t.Errorf("with %q the hasher expects %q, %v", test.imported, h.expected, err)
		}
	}
	for name, h := range map[string]ports.PasswordHasher{"an unknown form": &evenHasher{calls: &calls{}}, "a hasher of one kind": &memory.Hasher{}} {
		c := config()
		c.Hasher, c.Imported = h, []string{"?"}
		if _, err := kernia.New(c); err == nil {
			t.Errorf("New takes %s", name)
		}
	}
}

// TestF04_QuietSignUpTakesTheSameSteps: where sign-up does not tell whether an address is taken, a taken one takes the
// same calls and gets the same answer, whatever form ids have, and whatever fields and hooks the application added.
func TestF04_QuietSignUpTakesTheSameSteps(t *testing.T) {
	for kind, form := range map[ports.IDKind]string{
		ports.IDText: `^[A-Za-z0-9]{32}$`, ports.IDUUID: `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		ports.IDSerial: `^[1-9][0-9]?$`, ports.IDObjectID: `^[0-9a-f]{24}$`,
	} {
		count := &calls{}
		hooks := kernia.Hooks{User: kernia.UserHooks{
			BeforeCreate: func(_ context.Context, u *kernia.User) error {
				if u.Name == "refused" {
					return errors.New("refused")
				}
				u.Name = strings.ToUpper(u.Name)
				return nil
			},
			AfterCreate: func(context.Context, kernia.User) error { return errors.New("too late") },
		}}
		s := serve(t, kernia.Config{
			IDs: kind, Store: countedStore{memory.New(), count}, Hasher: &evenHasher{calls: count}, Hooks: hooks,
			UserFields: []kernia.Extra{kernia.Field[*string]{Name: "handle", Input: true, Unique: true}},
		}, emailpassword.Feature{DisableAutoSignIn: true})
		join := func(email, name, handle string) (status int, text, id string) {
			t.Helper()
			count.take()
			a := s.post("/sign-up/email", `{"name":"`+name+`","email":"`+email+`","password":"password123","handle":"`+handle+`"}`)
			u, _ := a.json["user"].(map[string]any)
			id, _ = u["id"].(string)
			text = fmt.Sprint(a.Status, a.Header, a.Cookies, strings.NewReplacer(email, "EMAIL", handle, "HANDLE", `"`+id+`"`, "ID").Replace(string(a.Body)), count.take())
			return a.Status, text, id
		}
		join("ann@example.com", "Ann", "ann")
		join("eve@example.com", "Eve", "eve")
		ids := []string{}
		for _, test := range []struct {
			name, handle string
			status       int
		}{
			{"x", "fresh", 200},
			{"x", "eve", 422}, // the attacker's own
			{"refused", "other", 422},
		} {
			status, taken, id := join("ann@example.com", test.name, test.handle)
			free, same, next := join("free"+test.name+test.handle+"@example.com", test.name, test.handle)
			if status != test.status || free != status || taken != same {
				t.Errorf("%v, %s %s: a taken address = %s\na free one = %s", kind, test.name, test.handle, taken, same)
			}
			if status == 200 {
				ids = append(ids, id, next)
			}
		}
		for _, id := range ids {
			if !regexp.MustCompile(form).MatchString(id) {
				t.Errorf("%v: the id of a user is %q", kind, id)
			}
		}
		if kind == ports.IDSerial && fmt.Sprint(ids) != "[3 4]" {
			t.Errorf("the numbers of a taken and a free address are %q, want two in a row", ids)
		}
		if n, err := s.auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 3 || err != nil {
			t.Errorf("%v: %d users, %v, want three", kind, n, err)
		}
	}
}
