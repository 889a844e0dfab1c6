package username_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/username"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestB06_GuessesCountByAccount: wrong passwords under the address and under the name, in whatever case and from
// whatever address of the network, are wrong passwords of one account.
func TestB06_GuessesCountByAccount(t *testing.T) {
	clock := memory.NewClock(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))
	auth := openWith(t, kernia.Config{Clock: clock, Guesses: kernia.GuessConfig{Max: 6}}, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "Ann")
	b := kerniatest.NewBrowser(t, auth)
	guess := func(i int, password string) int {
		b.Address = fmt.Sprintf("198.51.%d.7:4711", i)
		return []func() kerniatest.Answer{
			func() kerniatest.Answer {
				return b.Post("/sign-in/username", `{"username":"ann","password":"`+password+`"}`)
			},
			func() kerniatest.Answer {
				return b.Post("/sign-in/email", `{"email":"Ann@example.com","password":"`+password+`"}`)
			},
			func() kerniatest.Answer {
				return b.Post("/sign-in/username", `{"username":"ANN","password":"`+password+`"}`)
			},
		}[i%3]().Status
	}
	for i := range 6 {
		if got := guess(i, "wrong-password"); got != 401 {
			t.Fatalf("guess %d = %d", i, got)
		}
	}
	for i := range 3 {
		if got := guess(i, password); got != 429 {
			t.Errorf("way %d is open after too many guesses: %d", i, got)
		}
	}
	clock.Advance(time.Hour)
	if got := guess(0, password); got != 200 {
		t.Errorf("later = %d", got)
	}
	// A right password forgets the wrong ones under every alias.
	for round := range 2 {
		for i := range 5 {
			if got := guess(i, "wrong-password"); got != 401 {
				t.Errorf("round %d, guess %d = %d", round, i, got)
			}
		}
		if got := guess(round, password); got != 200 {
			t.Errorf("round %d: the right one = %d", round, got)
		}
	}
}

// TestB06_UnknownNamesAreLimitedAlike: the limit does not tell which names exist, and spellings share a count.
func TestB06_UnknownNamesAreLimitedAlike(t *testing.T) {
	auth := openWith(t, kernia.Config{Guesses: kernia.GuessConfig{Max: 3}}, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "ann")
	for _, name := range []string{"ann", "nobody"} {
		for i, want := range []error{username.ErrCredentials, username.ErrCredentials, username.ErrCredentials, kernia.ErrTooManyAttempts} {
			if i%2 == 1 {
				name = strings.ToUpper(name)
			}
			_, err := username.SignIn(t.Context(), auth, username.SignInInput{Username: name, Password: "wrong-password"})
			if !errors.Is(err, want) {
				t.Errorf("guess %d for %s = %v, want %v", i, name, err, want)
			}
		}
	}
}

// hasher counts what costs time.
type hasher struct {
	memory.Hasher
	calls int
}

func (h *hasher) Hash(ctx context.Context, password string) (string, error) {
	h.calls++
	return h.Hasher.Hash(ctx, password)
}

func (h *hasher) Verify(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	h.calls++
	return h.Hasher.Verify(ctx, password, hash)
}

// lookups counts round trips to the store.
type lookups struct {
	*memory.Store
	finds int
}

func (l *lookups) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	l.finds++
	return l.Store.Find(ctx, q, args)
}

// TestF04_UnknownNameLooksLikeAWrongPassword: the same answer after the same work, one look-up and one hash.
func TestF04_UnknownNameLooksLikeAWrongPassword(t *testing.T) {
	h, store := &hasher{}, &lookups{Store: memory.New()}
	auth := openWith(t, kernia.Config{Hasher: h, Store: store}, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "ann")
	ask := func(name string) (status int, answer string) {
		h.calls, store.finds = 0, 0
		a := kerniatest.NewBrowser(t, auth).Post("/sign-in/username", `{"username":"`+name+`","password":"wrong-password"}`)
		if h.calls != 1 || store.finds != 1 {
			t.Errorf("%s cost %d hashes and %d look-ups, want one each", name, h.calls, store.finds)
		}
		return a.Status, fmt.Sprintf("%s %v %v", a.Body, a.Header, a.Cookies)
	}
	status, known := ask("ann")
	other, unknown := ask("nobody")
	if status != 401 || other != 401 || known != unknown {
		t.Errorf("known = %d %s, unknown = %d %s", status, known, other, unknown)
	}
}

// TestF04_TakenNamesDoNotTellAddresses: where sign-up hides whether an address is taken, a taken name answers alike for
// both, and a user who is not created shows the names that one who is would have.
func TestF04_TakenNamesDoNotTellAddresses(t *testing.T) {
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{DisableAutoSignIn: true}, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "ann")
	for _, email := range []string{"ann@example.com", "free@example.com"} {
		if _, err := join(t, auth, email, "username", "Ann"); !errors.Is(err, username.ErrTaken) {
			t.Errorf("a taken name with %s = %v, want ErrTaken", email, err)
		}
	}
	for i, email := range []string{"ann@example.com", "other@example.com"} {
		u := mustJoin(t, auth, email, "username", fmt.Sprintf("Fresh_%d", i))
		if want := fmt.Sprintf("fresh_%d Fresh_%d", i, i); namesOf(&u) != want {
			t.Errorf("sign-up with %s shows %q, want %q", email, namesOf(&u), want)
		}
	}
}

// TestC13_OneFormOfAName: whatever is written, looked up or counted goes through one normaliser, and what could pass for
// another name is none.
func TestC13_OneFormOfAName(t *testing.T) {
	auth := open(t, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "Kate.Smith")
	for _, name := range []string{
		"kate.smith", "KATE.SMITH", "kAtE.sMiTh",
	} {
		if _, err := join(t, auth, "eve@example.com", "username", name); !errors.Is(err, username.ErrTaken) {
			t.Errorf("%q can be had a second time: %v", name, err)
		}
		if _, err := username.SignIn(t.Context(), auth, username.SignInInput{Username: name, Password: password}); err != nil {
			t.Errorf("SignIn(%q) = %v", name, err)
		}
	}
	for _, name := range []string{
		"kаte.smith", "ｋate.smith", "\u212aate.smith", "kate.smith ", " kate.smith", "kate\u200b.smith", "kate.smi\u0307th", "kate․smith",
		"kate.smith\n", "kate.smith\x00", "KATE.SM\u0130TH", "kate.ſmith",
	} {
		if _, err := join(t, auth, "eve@example.com", "username", name); err == nil {
			t.Errorf("%q can be had beside kate.smith", name)
		}
		if _, err := username.SignIn(t.Context(), auth, username.SignInInput{Username: name, Password: password}); err == nil {
			t.Errorf("%q signs kate.smith in", name)
		}
	}
}

// TestE12_OneNameOfTwoSignUps: of two who want a name at once one gets it, and the other is told.
func TestE12_OneNameOfTwoSignUps(t *testing.T) {
	auth := open(t, username.Feature{})
	var won, lost atomic.Int64
	var wait sync.WaitGroup
	for i := range 16 {
		name := "ann"
		if i%2 == 0 {
			name = "ANN"
		}
		wait.Go(func() {
			switch _, err := join(t, auth, fmt.Sprintf("ann%d@example.com", i), "username", name); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, username.ErrTaken):
				lost.Add(1)
			default:
				t.Errorf("SignUp = %v", err)
			}
		})
	}
	wait.Wait()
	if n, err := auth.Users.Count(t.Context(), kernia.UserQuery{}); won.Load() != 1 || lost.Load() != 15 || n != 1 || err != nil {
		t.Errorf("%d won, %d lost, %d users, %v", won.Load(), lost.Load(), n, err)
	}
}

// TestE12_TakenAfterTheLookUp: a name that somebody gets between the look-up and the row is taken all the same.
func TestE12_TakenAfterTheLookUp(t *testing.T) {
	var auth *kernia.Auth
	hooks := kernia.Hooks{User: kernia.UserHooks{BeforeCreate: func(_ context.Context, u *kernia.User) error {
		if u.Email == "slow@example.com" {
			mustJoin(t, auth, "fast@example.com", "username", "ann")
		}
		return nil
	}}}
	auth = openWith(t, kernia.Config{Hooks: hooks}, username.Feature{})
	if _, err := join(t, auth, "slow@example.com", "username", "Ann"); !errors.Is(err, username.ErrTaken) {
		t.Errorf("SignUp = %v, want ErrTaken", err)
	}
	if n, err := auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 1 || err != nil {
		t.Errorf("%d users, %v, want one", n, err)
	}
}

// TestF09_NamesAndNothingElse: the routes of the feature set no other field of a user.
func TestF09_NamesAndNothingElse(t *testing.T) {
	role := kernia.Field[string]{Name: "role", Default: kernia.Some("user")}
	auth := openWith(t, kernia.Config{UserFields: []kernia.Extra{role}}, username.Feature{})
	was := mustJoin(t, auth, "ann@example.com", "username", "ann")
	b := kerniatest.NewBrowser(t, auth)
	for _, protected := range []string{`"role":"admin"`, `"id":"chosen"`, `"emailVerified":true`, `"displayUsername":"x"`, `"data":{"role":"admin"}`} {
		b.Post("/sign-in/username", `{"username":"ann","password":"`+password+`",`+protected+`}`)
		b.Post("/is-username-available", `{"username":"ann",`+protected+`}`)
	}
	now, err := auth.Users.Find(t.Context(), was.ID)
	if err != nil || now == nil || now.EmailVerified || role.Of(now) != "user" || namesOf(now) != "ann ann" {
		t.Errorf("the user is now %+v, %v", now, err)
	}
}
