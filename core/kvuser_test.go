package kernia_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// lettered are session fields that clients may set.
var lettered = []kernia.Extra{
	kernia.Field[string]{Name: "a", Input: true}, kernia.Field[string]{Name: "b", Input: true},
	kernia.Field[string]{Name: "c", Input: true}, kernia.Field[string]{Name: "d", Input: true},
}

// inEachKV runs a test for every place that has sessions in the key-value store.
func inEachKV(t *testing.T, cfg kernia.Config, test func(t *testing.T, s *server, kv *hookedKV)) {
	for name, place := range map[string]kernia.Place{"InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		cfg.Session.Place = place
		inPlace(t, name, cfg, test)
	}
}

func inPlace(t *testing.T, name string, cfg kernia.Config, test func(t *testing.T, s *server, kv *hookedKV)) {
	t.Run(name, func(t *testing.T) {
		kv := &hookedKV{}
		cfg.KV = kv
		s := serve(t, cfg)
		kv.LinkedKV = memory.NewKV(memory.KVOptions{Clock: s.clock})
		test(t, s, kv)
	})
}

func (s *server) user(email string) *kernia.User {
	s.t.Helper()
	u, err := s.auth.Users.FindByEmail(s.t.Context(), email)
	if err != nil || u == nil {
		s.t.Fatalf("FindByEmail = %v, %v", u, err)
	}
	return u
}

// seen returns what the session of a cookie has of its user or itself.
func (s *server) seen(of, cookie string) map[string]any {
	s.t.Helper()
	m, _ := s.get("/get-session", "Cookie", cookie).json[of].(map[string]any)
	return m
}

func renamed(name string) kernia.Patch {
	var change kernia.Patch
	return *change.Name(name)
}

// TestUpdatesOfOneSessionAllSurvive: updates of different fields that were acknowledged are all there, however many come
// at once, and whatever else changes the session or its user meanwhile.
func TestUpdatesOfOneSessionAllSurvive(t *testing.T) {
	inEachKV(t, kernia.Config{SessionFields: lettered, Session: kernia.SessionConfig{UpdateAge: -1}}, func(t *testing.T, s *server, _ *hookedKV) {
		cookie := s.signUp("ann@example.com")
		u := s.user("ann@example.com")
		for round := range 60 {
			var all sync.WaitGroup
			for _, f := range []string{"a", "b", "c", "d"} {
				all.Go(func() {
					if a := s.post("/update-session", fmt.Sprintf(`{%q:"%s%d"}`, f, f, round), "Cookie", cookie); a.Status != 200 {
						t.Errorf("update-session = %d %s", a.Status, a.Body)
					}
				})
			}
			all.Go(func() {
				if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed(fmt.Sprint("Ann ", round))); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			now := s.seen("session", cookie)
			for _, f := range []string{"a", "b", "c", "d"} {
				if want := fmt.Sprint(f, round); now[f] != want {
					t.Fatalf("round %d: %s = %v, want %s: an update is lost", round, f, now[f], want)
				}
			}
			if name := s.seen("user", cookie)["name"]; name != fmt.Sprint("Ann ", round) {
				t.Fatalf("round %d: the user is %v", round, name)
			}
			s.clock.Advance(time.Second)
		}
	})
}

// TestExtendingUndoesNoUpdate: a session that is updated while it is extended is both afterwards.
func TestExtendingUndoesNoUpdate(t *testing.T) {
	inEachKV(t, kernia.Config{SessionFields: lettered}, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		before := s.seen("session", cookie)["expiresAt"]
		p, err := s.auth.Verify(t.Context(), token(t, cookie))
		if err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(25 * time.Hour)
		kv.beforeWrite = func() {
			var change kernia.Patch
			change.Put("a", ports.String("kept"))
			if _, err := s.auth.Sessions.Update(t.Context(), p, change); err != nil {
				t.Error(err)
			}
		}
		s.seen("session", cookie) // extends
		if now := s.seen("session", cookie); kv.beforeWrite != nil || now["a"] != "kept" || now["expiresAt"] == before {
			t.Errorf("after an update while it was extended: %v, was until %v", now, before)
		}
	})
}

// TestBanIsOneWrite: a change to a user with 200 sessions writes as often as one to a user with a single session,
// and every session shows it.
func TestBanIsOneWrite(t *testing.T) {
	inEachKV(t, kernia.Config{Session: kernia.SessionConfig{PerUser: 200}}, func(t *testing.T, s *server, kv *hookedKV) {
		cookies := []string{s.signUp("ann@example.com")}
		u := s.user("ann@example.com")
		change := func(name string) int64 {
			kv.swaps.Store(0)
			if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed(name)); err != nil {
				t.Fatal(err)
			}
			return kv.swaps.Load()
		}
		one := change("Ann 1")
		for range 199 {
			begun, err := s.auth.Sessions.Issue(t.Context(), *u, kernia.NewSession{})
			if err != nil {
				t.Fatal(err)
			}
			cookies = append(cookies, s.auth.Sessions.Cookie(begun.Token))
		}
		if many := change("Ann 2"); many != one || one != 2 {
			t.Errorf("%d writes with 200 sessions, %d with one, want two each", many, one)
		}
		for _, cookie := range cookies {
			if name := s.seen("user", cookie)["name"]; name != "Ann 2" {
				t.Fatalf("a session shows %v", name)
			}
		}
		kv.swaps.Store(0)
		if gone, err := s.auth.Users.Delete(t.Context(), u.ID); !gone || err != nil || kv.swaps.Load() != 2 {
			t.Errorf("Delete = %v, %v by %d writes, want two", gone, err, kv.swaps.Load())
		}
		for _, cookie := range cookies {
			if s.signedIn(cookie) {
				t.Fatal("a session survives its user")
			}
		}
	})
}

// TestSessionsOfAUserAreBounded: one session more than a user may have ends the oldest, wherever its copy is, and no
// session of another user.
func TestSessionsOfAUserAreBounded(t *testing.T) {
	for name, c := range map[string]kernia.SessionConfig{
		"InKV": {Place: kernia.InKV}, "InBoth": {Place: kernia.InBoth}, "InBoth/Plain": {Place: kernia.InBoth, StoreTokens: kernia.Plain},
	} {
		c.PerUser = 3
		inPlace(t, name, kernia.Config{Session: c}, func(t *testing.T, s *server, kv *hookedKV) {
			other := s.signUp("bob@example.com")
			cookies := []string{s.signUp("ann@example.com")}
			for range 6 {
				s.clock.Advance(time.Second)
				cookies = append(cookies, s.signIn("ann@example.com").cookie())
			}
			for i, cookie := range cookies {
				if got, want := s.signedIn(cookie), i >= 4; got != want {
					t.Errorf("session %d of 7 with room for three is live: %v", i, got)
				}
			}
			if list, err := s.auth.Sessions.List(t.Context(), s.user("ann@example.com").ID); err != nil || len(list) != 3 {
				t.Errorf("List = %d sessions, %v, want three", len(list), err)
			}
			if n := kv.LinkedKV.(*memory.KV).Len(); n > 7 {
				t.Errorf("%d entries for two users, four sessions and a sweep of the tables", n)
			}
			if !s.signedIn(other) {
				t.Error("the other user is signed out")
			}
		})
	}
}

// TestOneUserCannotFillTheKV: whatever a user does with their sessions leaves room for others.
func TestOneUserCannotFillTheKV(t *testing.T) {
	cfg := kernia.Config{SessionFields: lettered, Session: kernia.SessionConfig{Place: kernia.InKV}}
	clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	cfg.Clock = clock
	cfg.KV = memory.NewKV(memory.KVOptions{Clock: clock, Limit: 250, Bytes: 2 << 20})
	s := serve(t, cfg)
	victim := s.signUp("bob@example.com")
	clock.Advance(time.Minute)
	s.signUp("ann@example.com")
	u := s.user("ann@example.com")
	for range 500 {
		begun, err := s.auth.Sessions.Issue(t.Context(), *u, kernia.NewSession{})
		if err != nil {
			t.Fatal(err)
		}
		cookie := s.auth.Sessions.Cookie(begun.Token)
		if a := s.post("/update-session", `{"a":"`+strings.Repeat("x", 15<<10)+`"}`, "Cookie", cookie); a.Status != 200 {
			t.Fatalf("update-session of 15 KiB = %d %s", a.Status, a.Body)
		}
		if a := s.post("/update-session", `{"b":"`+strings.Repeat("x", 2<<10)+`"}`, "Cookie", cookie); a.Status != 413 || a.json["code"] != "SESSION_TOO_LARGE" {
			t.Fatalf("update-session to 17 KiB = %d %s", a.Status, a.Body)
		}
	}
	if !s.signedIn(victim) {
		t.Error("one user's sessions ended another's")
	}
}

// TestLargeUsersAreReadFromTheStore: a user who is large takes no room, and neither does a session of which there is a
// copy.
func TestLargeUsersAreReadFromTheStore(t *testing.T) {
	inEachKV(t, kernia.Config{SessionFields: lettered}, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		large := strings.Repeat("x", 100<<10)
		u := s.user("ann@example.com")
		if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed(large)); err != nil {
			t.Fatal(err)
		}
		if name := s.seen("user", cookie)["name"]; name != large {
			t.Errorf("the session shows %.20v", name)
		}
		if e, ok, err := kv.Find(t.Context(), "sessions:"+u.ID); !ok || err != nil || len(e.Value) > 1<<10 {
			t.Errorf("the user's entry has %d bytes, %v, %v", len(e.Value), ok, err)
		}
		a := s.post("/update-session", `{"a":"`+large[:20<<10]+`","b":"small"}`, "Cookie", cookie)
		now := s.seen("session", cookie)
		if inBoth := strings.HasSuffix(t.Name(), "InBoth"); inBoth != (a.Status == 200) || inBoth != (now["a"] == large[:20<<10]) {
			t.Errorf("update-session = %d, the session has %.20v", a.Status, now["a"])
		}
	})
}

// TestOutageHalfWay: when the key-value store fails before a change to a user, nothing changes. When it fails after the
// change, every session shows it all the same, and the next writing of the entry settles it.
func TestOutageHalfWay(t *testing.T) {
	inEachKV(t, kernia.Config{}, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		u := s.user("ann@example.com")
		kv.failSwap = kv.swaps.Load() + 1
		if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed("Refused")); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Update without a key-value store = %v, want ErrUnavailable", err)
		}
		if gone, err := s.auth.Users.Delete(t.Context(), u.ID); gone || !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Delete without a key-value store = %v, %v, want ErrUnavailable", gone, err)
		}
		if now := s.user("ann@example.com"); now.Name != "Ann" {
			t.Errorf("the row has changed to %q", now.Name)
		}
		for range 12 { // more than are told apart
			kv.failSwap = kv.swaps.Load() + 2
			if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed("Banned")); err != nil {
				t.Errorf("Update with an outage after it = %v", err)
			}
		}
		kv.failSwap = 0
		begun := s.signIn("ann@example.com").cookie()
		for _, c := range []string{cookie, begun} {
			if name := s.seen("user", c)["name"]; name != "Banned" {
				t.Errorf("a session shows %v", name)
			}
		}
		settled := func() bool {
			e, ok, err := kv.Find(t.Context(), "sessions:"+u.ID)
			return err == nil && ok && !strings.Contains(e.Value, `"c":`)
		}
		if settled() {
			t.Error("the change is taken for settled within an hour")
		}
		s.clock.Advance(25 * time.Hour)
		if name := s.seen("user", cookie)["name"]; name != "Banned" || !settled() { // it is extended
			t.Errorf("a day later a session shows %v, settled: %v", name, settled())
		}
		if name := s.seen("user", begun)["name"]; name != "Banned" {
			t.Errorf("a day later a session shows %v", name)
		}
	})
}

// TestChangesAtOnceSettleWithTheLast: of two changes to a user at once, the first to be done does not make the other's
// row count as settled.
func TestChangesAtOnceSettleWithTheLast(t *testing.T) {
	store := &slowUpdates{Store: memory.New()}
	inEachKV(t, kernia.Config{Store: store}, func(t *testing.T, s *server, kv *hookedKV) {
		email := strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")) + "@example.com"
		cookie := s.signUp(email)
		u := s.user(email)
		store.before = func() { // once the change is noted, and before the row is written
			if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed("Other")); err != nil {
				t.Error(err)
			}
			kv.failSwap = kv.swaps.Load() + 1 // nobody settles what comes
		}
		if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed("Banned")); err != nil {
			t.Error(err)
		}
		kv.failSwap = 0
		if name := s.seen("user", cookie)["name"]; name != "Banned" {
			t.Errorf("the session shows %v", name)
		}
	})
}

// slowUpdates lets another caller in before a row is updated.
type slowUpdates struct {
	ports.Store
	before func()
}

func (s *slowUpdates) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	if f := s.before; f != nil {
		s.before = nil
		f()
	}
	return s.Store.Update(ctx, u, args)
}

// TestRollbackEndsNothing: what a transaction of the application's own does to sessions and their users happens at the
// Release, and never after a rollback.
func TestRollbackEndsNothing(t *testing.T) {
	for what, change := range map[string]func(ctx context.Context, s *server, p *kernia.Principal) error{
		"Delete": func(ctx context.Context, s *server, p *kernia.Principal) error {
			_, err := s.auth.Users.Delete(ctx, p.User.ID)
			if err == nil {
				_, err = s.auth.Users.Delete(ctx, p.User.ID) // who is gone already, here
			}
			return err
		},
		"RevokeAll": func(ctx context.Context, s *server, p *kernia.Principal) error {
			return s.auth.Sessions.RevokeAll(ctx, p.User.ID)
		},
		"Revoke": func(ctx context.Context, s *server, p *kernia.Principal) error {
			_, err := s.auth.Sessions.Revoke(ctx, p.Session.Token)
			return err
		},
		"Update": func(ctx context.Context, s *server, p *kernia.Principal) error {
			var change kernia.Patch
			change.Put("a", ports.String("changed"))
			if _, err := s.auth.Sessions.Update(ctx, p, change); err != nil {
				return err
			}
			_, err := s.auth.Users.Update(ctx, p.User.ID, renamed("changed"))
			return err
		},
	} {
		for _, commits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", what, commits), func(t *testing.T) {
				store := joinable{memory.New()}
				inEachKV(t, kernia.Config{Store: store, SessionFields: lettered}, func(t *testing.T, s *server, _ *hookedKV) {
					email := strings.ToLower(strings.ReplaceAll(t.Name(), "/", ".")) + "@example.com"
					cookie := s.signUp(email)
					p, err := s.auth.Verify(t.Context(), token(t, cookie))
					if err != nil {
						t.Fatal(err)
					}
					var held *kernia.Held
					err = store.Tx(t.Context(), func(ctx context.Context) (err error) {
						held, ctx = s.auth.Hold(context.WithValue(ctx, joinedKey{}, true))
						if err := change(ctx, s, p); err != nil || commits {
							return err
						}
						return errRollback
					})
					if commits && err != nil || !commits && !errors.Is(err, errRollback) {
						t.Fatal(err)
					}
					if commits {
						held.Release(t.Context())
					}
					if live, want := s.signedIn(cookie), !commits || what == "Update"; live != want {
						t.Errorf("signed in: %v, want %v", live, want)
					}
					changed := s.seen("session", cookie)["a"] == "changed" && s.seen("user", cookie)["name"] == "changed"
					if want := commits && what == "Update"; changed != want {
						t.Errorf("changed: %v, want %v", changed, want)
					}
				})
			})
		}
	}
}

// TestEndedSessionsLeaveTheList: what is kept of a user ends with their sessions.
func TestEndedSessionsLeaveTheList(t *testing.T) {
	inEachKV(t, kernia.Config{}, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		u := s.user("ann@example.com")
		listed := func() int {
			e, _, err := kv.Find(t.Context(), "sessions:"+u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Count(e.Value, "sha256:")
		}
		s.post("/sign-out", ``, "Cookie", s.signIn("ann@example.com").cookie())
		if n := listed(); n != 1 {
			t.Errorf("%d sessions are listed after a sign-out, want one", n)
		}
		s.signIn("ann@example.com", `,"rememberMe":false`)
		s.clock.Advance(25 * time.Hour)
		s.signedIn(cookie) // it is extended
		if n := listed(); n != 1 {
			t.Errorf("%d sessions are listed after one has expired, want one", n)
		}
		s.post("/sign-out", ``, "Cookie", cookie)
		if n := kv.LinkedKV.(*memory.KV).Len(); listed() != 0 || n > 1 {
			t.Errorf("%d sessions are listed and %d entries left after the last sign-out", listed(), n)
		}
	})
}

// TestExtendedSessionsStayListed: with a session its place in the list of its user's sessions is extended, so that no later
// write to the list drops it.
func TestExtendedSessionsStayListed(t *testing.T) {
	inEachKV(t, kernia.Config{}, func(t *testing.T, s *server, _ *hookedKV) {
		cookie := s.signUp("ann@example.com") // for a week
		s.clock.Advance(6 * 24 * time.Hour)
		s.signedIn(cookie) // extends
		s.clock.Advance(2 * 24 * time.Hour)
		s.signIn("ann@example.com") // rewrites the list
		if !s.signedIn(cookie) {
			t.Error("a session that was extended is over with the first week")
		}
	})
}

// TestManyChangesKeepTheirMark: of more changes to a user at once than are told apart, none counts as settled by the end of
// another.
func TestManyChangesKeepTheirMark(t *testing.T) {
	inEachKV(t, kernia.Config{}, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		u := s.user("ann@example.com")
		for i := range 9 {
			kv.failSwap = kv.swaps.Load() + 2 // the change is noted, and its end is lost
			if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed(fmt.Sprint("Name ", i))); err != nil {
				t.Fatal(err)
			}
		}
		e, ok, err := kv.Find(t.Context(), "sessions:"+u.ID)
		if err != nil || !ok || strings.Count(e.Value, `"id":`) != 1 || !strings.Contains(e.Value, `"id":""`) {
			t.Errorf("after nine changes the entry notes %s, %v, want one mark for all", e.Value, err)
		}
		kv.failSwap = 0
		if _, err := s.auth.Users.Update(t.Context(), u.ID, renamed("Tenth")); err != nil { // ends its own change only
			t.Fatal(err)
		}
		if e, _, err := kv.Find(t.Context(), "sessions:"+u.ID); err != nil || !strings.Contains(e.Value, `"id":""`) {
			t.Errorf("the end of another change settled what was lost: %s, %v", e.Value, err)
		}
		if name := s.seen("user", cookie)["name"]; name != "Tenth" {
			t.Errorf("the session shows %v", name)
		}
	})
}

// TestUnlistedSessionsAreOver: sessions end with the list of them, although what is kept of each cannot be deleted.
func TestUnlistedSessionsAreOver(t *testing.T) {
	inEachKV(t, kernia.Config{}, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		other, err := s.auth.Verify(t.Context(), token(t, s.signIn("ann@example.com").cookie()))
		if err != nil {
			t.Fatal(err)
		}
		kv.failDelete = true
		if err := s.auth.Sessions.RevokeOthers(t.Context(), other); err != nil {
			t.Errorf("RevokeOthers = %v", err)
		}
		if _, there, err := kv.Find(t.Context(), "session:"+stored(token(t, cookie))); !there || err != nil {
			t.Fatalf("nothing is left of the session: %v, %v: the test proves nothing", there, err)
		}
		if s.signedIn(cookie) {
			t.Error("a session that was revoked is live")
		}
	})
}

func stored(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
