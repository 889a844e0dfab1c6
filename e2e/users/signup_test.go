package users_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestQuietSignUp: on every store, sign-up that does not tell whether an address is taken answers alike for a taken and
// a free one, also where another field must be unique, and leaves nothing behind.
func TestQuietSignUp(t *testing.T) {
	clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	for name, open := range stores {
		for _, ids := range []ports.IDKind{ports.IDText, ports.IDUUID, ports.IDSerial} {
			t.Run(fmt.Sprint(name, ids), func(t *testing.T) {
				auth := kerniatest.New(t, kernia.Config{
					Store: open(t), Clock: clock, IDs: ids, UserFields: []kernia.Extra{kernia.Field[*string]{Name: "handle", Input: true, Unique: true}},
				}, emailpassword.Feature{DisableAutoSignIn: true})
				page := kerniatest.NewBrowser(t, auth)
				join := func(email, handle string) (string, string) {
					a := page.Post("/sign-up/email", `{"name":"x","email":"`+email+`","password":"password123","handle":"`+handle+`"}`)
					u, _ := a.JSON["user"].(map[string]any)
					id, _ := u["id"].(string)
					return strings.NewReplacer(email, "EMAIL", `"`+id+`"`, "ID").Replace(fmt.Sprint(a.Status, a.Body)), id
				}
				join("ann@example.com", "ann")
				join("eve@example.com", "eve")
				taken, first := join("ann@example.com", "fresh")
				free, second := join("free@example.com", "fresh")
				if taken != free || !strings.HasPrefix(free, "200") || len(first) != len(second) || first == second {
					t.Errorf("a taken address = %s %s\na free one = %s %s", first, taken, second, free)
				}
				if ids == ports.IDSerial && (first != "3" || second != "4") {
					t.Errorf("the numbers are %s and %s, want 3 and 4", first, second)
				}
				taken, _ = join("ann@example.com", "eve")
				free, _ = join("other@example.com", "eve")
				if taken != free || !strings.HasPrefix(free, "422") {
					t.Errorf("with a handle of somebody else's, a taken address = %s, a free one = %s", taken, free)
				}
				long := unpressed(9000) // longer than what Postgres takes into an index
				taken, _ = join("ann@example.com", long)
				free, _ = join("ann@example.net", long)
				if status := free[:3]; strings.ReplaceAll(taken, long, "") != strings.ReplaceAll(free, long, "") || status != "200" && status != "400" {
					t.Errorf("with a handle that is long, a taken address = %.200s, a free one = %.200s", taken, free)
				}
				if status := free[:3]; name == "postgres" && status != "400" {
					t.Errorf("a handle that is too long for its index is a %s, want 400", status)
				}
				users, _, err := auth.Users.List(t.Context(), kernia.UserQuery{})
				want := 3
				if free[:3] == "200" {
					want++
				}
				if err != nil || len(users) != want {
					t.Errorf("%d users, %v, want %d", len(users), err, want)
				}
			})
		}
	}
}

// unpressed returns n letters that no database compresses by much, always the same.
func unpressed(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
	}
	return string(b)
}

// sessionless is a store in which no session can be stored.
type sessionless struct {
	ports.Store
	down bool
}

func (s *sessionless) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if s.down && m.Name == "session" {
		return nil, fmt.Errorf("%w: down", ports.ErrUnavailable)
	}
	return s.Store.Create(ctx, m, r)
}

// TestSignUpAfterAnOutage: on every store, a sign-up whose session could not be stored succeeds when it is tried again.
func TestSignUpAfterAnOutage(t *testing.T) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			store := &sessionless{Store: open(t), down: true}
			auth := kerniatest.New(t, kernia.Config{Store: store}, emailpassword.Feature{})
			page := kerniatest.NewBrowser(t, auth)
			for _, want := range []int{503, 200} {
				store.down = want == 503
				a := page.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123"}`)
				if a.Status != want || page.SignedIn() != (want == 200) {
					t.Errorf("sign-up = %d %s, want %d", a.Status, a.Body, want)
				}
			}
		})
	}
}
