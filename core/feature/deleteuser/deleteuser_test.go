package deleteuser_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/deleteuser"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

// A desk is an Auth whose mail a test reads.
type desk struct {
	t     *testing.T
	auth  *kernia.Auth
	clock *memory.Clock
	box   *memory.Mailer
}

func newDesk(t *testing.T, f deleteuser.Feature) *desk {
	t.Helper()
	d := &desk{t: t, clock: memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), box: &memory.Mailer{}}
	d.auth = kerniatest.New(t, kernia.Config{Clock: d.clock, Mailer: d.box}, emailpassword.Feature{}, f)
	return d
}

// join signs a user up in a browser of their own.
func (d *desk) join(name string) *kerniatest.Browser {
	d.t.Helper()
	b := kerniatest.NewBrowser(d.t, d.auth)
	b.Post("/sign-up/email", `{"name":"`+name+`","email":"`+name+`@example.com","password":"password123"}`)
	return b
}

func (d *desk) link() kernia.Mail {
	d.t.Helper()
	m, err := d.box.Next(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

func (d *desk) users() int64 {
	d.t.Helper()
	n, err := d.auth.Users.Count(d.t.Context(), kernia.UserQuery{})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// TestD04_DeletesEverything: the user, and what signs in as the user, is gone.
func TestD04_DeletesEverything(t *testing.T) {
	d := newDesk(t, deleteuser.Feature{})
	ann := d.join("ann")
	elsewhere := kerniatest.NewBrowser(t, d.auth)
	elsewhere.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
	if a := ann.Post("/delete-user", `{"password":"password123"}`); a.Status != 200 || a.Text("message") != "User deleted" || ann.SignedIn() {
		t.Fatalf("delete-user = %d %s", a.Status, a.Body)
	}
	if a := elsewhere.Get("/get-session"); a.Body != "null" || d.users() != 0 {
		t.Errorf("another session is %s, %d users", a.Body, d.users())
	}
	if a := ann.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`); a.Status != 401 {
		t.Errorf("sign-in = %d %s", a.Status, a.Body)
	}
}

// TestE06_LinkOfSomebodyElse: a link of another user deletes nobody and stays valid for its own.
func TestE06_LinkOfSomebodyElse(t *testing.T) {
	d := newDesk(t, deleteuser.Feature{Verify: true})
	ann, bob := d.join("ann"), d.join("bob")
	ann.Post("/delete-user", `{"callbackURL":"/bye"}`)
	m := d.link()
	if m.To != "ann@example.com" || m.URL != kerniatest.BaseURL+"/delete-user/callback?token="+m.Token+"&callbackURL=%2Fbye" {
		t.Errorf("mailed %#v", m)
	}
	path := strings.TrimPrefix(m.URL, kerniatest.BaseURL)
	if a := bob.Get(path); a.Status != 404 || a.Code() != "INVALID_TOKEN" {
		t.Errorf("as bob = %d %s", a.Status, a.Body)
	}
	if a := bob.Post("/delete-user", `{"token":"`+m.Token+`"}`); a.Status != 404 {
		t.Errorf("as bob, in the body = %d %s", a.Status, a.Body)
	}
	if a := kerniatest.NewBrowser(t, d.auth).Get(path); a.Status != 404 || a.Code() != "FAILED_TO_GET_USER_INFO" || d.users() != 2 {
		t.Errorf("as nobody = %d %s, %d users", a.Status, a.Body, d.users())
	}
	if a := ann.Get(path); a.Status != 302 || a.Value("Location") != "/bye" || ann.SignedIn() || d.users() != 1 {
		t.Errorf("as ann = %d %s, %d users", a.Status, a.Body, d.users())
	}
}

// TestE01_DeletesOnce: of many uses of one link at once, one deletes; after its time none does (E07).
func TestE01_DeletesOnce(t *testing.T) {
	d := newDesk(t, deleteuser.Feature{Verify: true})
	ann := d.join("ann")
	ann.Post("/delete-user", `{}`)
	late := d.link()
	d.clock.Advance(24 * time.Hour)
	ann.Post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`)
	if a := ann.Post("/delete-user", `{"token":"`+late.Token+`"}`); a.Code() != "INVALID_TOKEN" {
		t.Errorf("a day later = %d %s", a.Status, a.Body)
	}
	ann.Post("/delete-user", `{}`)
	token := d.link().Token
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		r := ann.Request("POST", "/delete-user", `{"token":"`+token+`"}`)
		wg.Go(func() {
			if d.auth.Serve(t.Context(), r).Status == 200 {
				won.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || d.users() != 0 {
		t.Errorf("%d uses succeeded, %d users, want 1 and 0", won.Load(), d.users())
	}
}

func TestHooks(t *testing.T) {
	no := errors.New("no")
	var before, after error
	d := newDesk(t, deleteuser.Feature{
		Before: func(_ context.Context, u kernia.User) error { return before },
		After:  func(_ context.Context, u kernia.User) error { return after },
	})
	ann := d.join("ann")
	before = no
	if a := ann.Post("/delete-user", `{}`); a.Status < 400 || d.users() != 1 {
		t.Errorf("with a before-hook that refuses = %d, %d users", a.Status, d.users())
	}
	before, after = nil, no
	if a := ann.Post("/delete-user", `{}`); a.Status < 400 || d.users() != 0 {
		t.Errorf("with an after-hook that fails = %d, %d users", a.Status, d.users())
	}
}
