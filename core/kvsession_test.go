package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// inEachPlace runs a test for every place of sessions.
func inEachPlace(t *testing.T, test func(t *testing.T, s *server, kv *hookedKV)) {
	for name, place := range map[string]kernia.Place{"InStore": kernia.InStore, "InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		t.Run(name, func(t *testing.T) {
			clock := memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
			kv := &hookedKV{LinkedKV: memory.NewKV(memory.KVOptions{Clock: clock})}
			s := serve(t, kernia.Config{KV: kv, UserFields: everyType, Session: kernia.SessionConfig{Place: place}})
			kv.LinkedKV = memory.NewKV(memory.KVOptions{Clock: s.clock})
			test(t, s, kv)
		})
	}
}

// hookedKV lets another caller in before a write, and fails from some Swap on.
type hookedKV struct {
	ports.LinkedKV
	beforeWrite func()
	beforePut   func()
	swaps       atomic.Int64
	failSwap    int64 // the first Swap that fails, counted by swaps; 0: none
	finds       atomic.Int64
	failDelete  bool
}

func (h *hookedKV) Put(ctx context.Context, key string, e ports.Entry) error {
	if f := h.beforeWrite; f != nil {
		h.beforeWrite = nil
		f()
	}
	if f := h.beforePut; f != nil {
		h.beforePut = nil
		f()
	}
	return h.LinkedKV.Put(ctx, key, e)
}

func (h *hookedKV) Swap(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
	if f := h.beforeWrite; f != nil {
		h.beforeWrite = nil
		f()
	}
	if n := h.swaps.Add(1); h.failSwap > 0 && n >= h.failSwap {
		return false, ports.ErrUnavailable
	}
	return h.LinkedKV.Swap(ctx, key, old, e)
}

func (h *hookedKV) Follow(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error) {
	h.finds.Add(1)
	return h.LinkedKV.Follow(ctx, key)
}

func (h *hookedKV) Delete(ctx context.Context, keys ...string) error {
	if h.failDelete {
		return ports.ErrUnavailable
	}
	return h.LinkedKV.Delete(ctx, keys...)
}

func (h *hookedKV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	h.finds.Add(1)
	return h.LinkedKV.Find(ctx, key)
}

func TestPlaces(t *testing.T) {
	inEachPlace(t, func(t *testing.T, s *server, _ *hookedKV) {
		ann, bob := s.signUp("ann@example.com"), s.signUp("bob@example.com")
		other, third := s.signIn("ann@example.com").cookie(), s.signIn("ann@example.com").cookie()
		u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if list, err := s.auth.Sessions.List(t.Context(), u.ID); err != nil || len(list) != 3 {
			t.Fatalf("ListSessions = %v, %v, want three", list, err)
		}
		if a := s.post("/update-user", `{"name":"Ann 2","tags":["x"],"data":{"a":1},"maybe":null}`, "Cookie", ann); a.Status != 200 {
			t.Fatalf("update-user = %d %s", a.Status, a.Body)
		}
		for _, cookie := range []string{ann, other, third} {
			if user, _ := s.get("/get-session", "Cookie", cookie).json["user"].(map[string]any); user["name"] != "Ann 2" {
				t.Errorf("a session shows the user as they were: %v", user)
			}
		}
		if a := s.post("/revoke-session", `{"token":"`+token(t, other)+`"}`, "Cookie", bob); a.Status != 200 || !s.signedIn(other) {
			t.Errorf("one user ended another's session: %d", a.Status)
		}
		if a := s.post("/revoke-session", `{"token":"`+token(t, other)+`"}`, "Cookie", ann); a.Status != 200 || s.signedIn(other) {
			t.Errorf("revoke-session = %d, signed in: %v", a.Status, s.signedIn(other))
		}
		if a := s.post("/revoke-other-sessions", ``, "Cookie", ann); a.Status != 200 || s.signedIn(third) || !s.signedIn(ann) {
			t.Errorf("revoke-other-sessions = %d", a.Status)
		}
		if list, err := s.auth.Sessions.List(t.Context(), u.ID); err != nil || len(list) != 1 {
			t.Errorf("ListSessions = %v, %v, want one", list, err)
		}
		if !s.signedIn(bob) {
			t.Error("the other user is signed out")
		}
	})
}

func TestD04_SessionsEndWithTheirUser(t *testing.T) {
	inEachPlace(t, func(t *testing.T, s *server, _ *hookedKV) {
		ann, other := s.signUp("ann@example.com"), s.signIn("ann@example.com").cookie()
		u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if gone, err := s.auth.Users.Delete(t.Context(), u.ID); !gone || err != nil {
			t.Fatalf("DeleteUser = %v, %v", gone, err)
		}
		for _, cookie := range []string{ann, other} {
			if s.signedIn(cookie) {
				t.Error("a session survives its user")
			}
		}
	})
}

// TestSnapshotsOfAnotherConfiguration: what a session in the key-value store says of a field is that field's, also
// after fields were added, removed or put in another order.
func TestSnapshotsOfAnotherConfiguration(t *testing.T) {
	plan := kernia.Field[string]{Name: "plan", Input: true, Default: kernia.Some("free")}
	role := kernia.Field[string]{Name: "role", Default: kernia.Some("user")}
	age := kernia.Field[int64]{Name: "age", Default: kernia.Some(int64(7))}
	kv, store := memory.NewKV(memory.KVOptions{}), memory.New()
	with := func(fields ...kernia.Extra) *server {
		return serve(t, kernia.Config{Store: store, KV: kv, UserFields: fields, SessionFields: fields, Session: kernia.SessionConfig{Place: kernia.InKV}})
	}
	cookie := with(plan, role).post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123","plan":"admin"}`).cookie()
	for name, fields := range map[string][]kernia.Extra{
		"Same": {plan, role}, "Reordered": {role, plan}, "Removed": {role}, "Added": {age, role, plan}, "None": nil,
	} {
		p, err := with(fields...).auth.Verify(t.Context(), token(t, cookie))
		if err != nil || p == nil {
			t.Errorf("%s: %v, %v", name, p, err)
			continue
		}
		if len(p.User.Values()) != len(fields) {
			t.Errorf("%s: %+v", name, p.User)
		}
		for of, want := range map[string]ports.Value{plan.Name: ports.String("admin"), role.Name: ports.String("user"), age.Name: ports.Int(7)} {
			if got, there := p.User.Lookup(of); there && !got.Equal(want) {
				t.Errorf("%s: %+v", name, p.User)
			}
		}
	}
}

// TestD02_ChangeDuringSignIn: a session that begins while its user is changed has the user as they are now.
func TestD02_ChangeDuringSignIn(t *testing.T) {
	inEachPlace(t, func(t *testing.T, s *server, kv *hookedKV) {
		s.signUp("ann@example.com")
		u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		kv.beforePut = func() {
			var change kernia.Patch
			if _, err := s.auth.Users.Update(t.Context(), u.ID, *change.Name("Demoted")); err != nil {
				t.Error(err)
			}
		}
		cookie := s.signIn("ann@example.com").cookie()
		if kv.beforePut != nil {
			kv.beforePut() // InStore: there is no snapshot
		}
		if user, _ := s.get("/get-session", "Cookie", cookie).json["user"].(map[string]any); user["name"] != "Demoted" {
			t.Errorf("the session has the user as they were: %v", user["name"])
		}
	})
}

func TestD06_WriteBackNeverRevives(t *testing.T) {
	inEachPlace(t, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		s.clock.Advance(25 * time.Hour)
		if !s.signedIn(cookie) {
			t.Fatal("signed out")
		}
		s.clock.Advance(25 * time.Hour)
		kv.beforeWrite = func() {
			if _, err := s.auth.Sessions.Revoke(t.Context(), token(t, cookie)); err != nil {
				t.Error(err)
			}
		}
		_ = s.signedIn(cookie) // extends, while it is revoked
		if kv.beforeWrite == nil && s.signedIn(cookie) {
			t.Error("an extension revived a revoked session")
		}
		wrote := kv.beforeWrite == nil
		kv.beforeWrite = nil
		cookie = s.signIn("ann@example.com").cookie()
		kv.beforeWrite = func() {
			if _, err := s.auth.Sessions.Revoke(t.Context(), token(t, cookie)); err != nil {
				t.Error(err)
			}
		}
		s.post("/update-user", `{"name":"B"}`, "Cookie", cookie)
		if kv.beforeWrite == nil && s.signedIn(cookie) {
			t.Error("an update of the user revived a revoked session")
		}
		if inKV := !strings.HasSuffix(t.Name(), "/InStore"); inKV && !(wrote && kv.beforeWrite == nil) {
			t.Error("nothing was written back: the test proves nothing")
		}
	})
}

// TestD04_DeletedWhileTheKVWasDown: the sessions of a deleted user are over although their end could not be written.
func TestD04_DeletedWhileTheKVWasDown(t *testing.T) {
	for _, next := range []string{"Once", "Repeat", "Refresh"} {
		t.Run(next, func(t *testing.T) {
			inEachPlace(t, func(t *testing.T, s *server, kv *hookedKV) {
				cookie := s.signUp("ann@example.com")
				u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
				if err != nil {
					t.Fatal(err)
				}
				kv.failSwap = kv.swaps.Load() + 2
				if _, err := s.auth.Users.Delete(t.Context(), u.ID); err != nil {
					t.Error(err)
				}
				kv.failSwap = 0
				switch next {
				case "Repeat":
					if _, err := s.auth.Users.Delete(t.Context(), u.ID); err != nil {
						t.Fatal(err)
					}
				case "Refresh":
					s.clock.Advance(25 * time.Hour)
				}
				if s.signedIn(cookie) {
					t.Error("a session survives its user")
				}
			})
		})
	}
}

func TestOneFindVerifies(t *testing.T) {
	inEachPlace(t, func(t *testing.T, s *server, kv *hookedKV) {
		tok := token(t, s.signUp("ann@example.com"))
		kv.finds.Store(0)
		if p, err := s.auth.Verify(t.Context(), tok); p == nil || err != nil {
			t.Fatalf("Verify = %v, %v", p, err)
		}
		if n := kv.finds.Load(); n > 1 {
			t.Errorf("%d calls to the key-value store", n)
		}
	})
}

// TestLostKV: what the key-value store loses is in the store's copy, if there is one.
func TestLostKV(t *testing.T) {
	inEachPlace(t, func(t *testing.T, s *server, kv *hookedKV) {
		cookie := s.signUp("ann@example.com")
		kv.LinkedKV = memory.NewKV(memory.KVOptions{Clock: s.clock})
		inKV := t.Name() == "TestLostKV/InKV"
		if got := s.signedIn(cookie); got == inKV {
			t.Errorf("signed in: %v", got)
		}
		if _, err := s.auth.Sessions.Revoke(t.Context(), token(t, cookie)); err != nil || s.signedIn(cookie) {
			t.Errorf("not revoked: %v", err)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for name, cfg := range map[string]kernia.Config{
		"memory": {}, "kv": {KV: memory.NewKV(memory.KVOptions{}), Session: kernia.SessionConfig{Place: kernia.InKV}},
	} {
		auth := kerniatest.New(b, cfg)
		c := kerniatest.SignIn(b, auth, "ann@example.com")
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p, err := auth.Verify(b.Context(), c.Session.Token); p == nil || err != nil {
					b.Fatal(p, err)
				}
			}
		})
		b.Run(name+"/cookie", func(b *testing.B) {
			r := request("GET", "/x", "", "Cookie", c.Cookie)
			b.ReportAllocs()
			for b.Loop() {
				if g := auth.Guard(b.Context(), r, true); g.Denied != nil {
					b.Fatal(g.Denied)
				}
			}
		})
	}
}

func BenchmarkServe(b *testing.B) {
	auth := kerniatest.New(b, kernia.Config{})
	c := kerniatest.SignIn(b, auth, "ann@example.com")
	for name, r := range map[string]*kernia.Request{
		"ok": request("GET", "/ok", ""), "get-session": request("GET", "/get-session", "", "Cookie", c.Cookie),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if resp := auth.Serve(b.Context(), r); resp.Status != 200 {
					b.Fatal(resp.Status)
				}
			}
		})
	}
}

// joinable is a store in memory that takes part in transactions of the application's own.
type joinable struct{ *memory.Store }

type joinedKey struct{}

func (joinable) Joined(ctx context.Context) bool { return ctx.Value(joinedKey{}) != nil }

var errRollback = errors.New("rolled back")

// TestHold: after a rollback of the application's own transaction there is no user, session, KV entry or event, and
// after its commit all of them.
func TestHold(t *testing.T) {
	for name, place := range map[string]kernia.Place{"InStore": kernia.InStore, "InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		for _, commits := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", name, commits), func(t *testing.T) {
				store, events, kv := joinable{memory.New()}, &memory.Events{}, &hookedKV{}
				s := serve(t, kernia.Config{Store: store, Events: events, KV: kv, Session: kernia.SessionConfig{Place: place}})
				kv.LinkedKV = memory.NewKV(memory.KVOptions{Clock: s.clock})
				var out emailpassword.SignUpOutput
				var held *kernia.Held
				var inside context.Context // the one that an application has at hand
				err := store.Tx(t.Context(), func(ctx context.Context) (err error) {
					ctx = context.WithValue(ctx, joinedKey{}, true)
					if _, err := s.auth.Users.Create(ctx, kernia.User{Email: "unheld@example.com"}); err == nil {
						t.Error("CreateUser works in a transaction without Hold")
					}
					held, ctx = s.auth.Hold(ctx)
					inside = ctx //nolint:fatcontext // it leaves the transaction on purpose
					in := emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "password123"}
					if out, err = emailpassword.SignUp(ctx, s.auth, in); err != nil {
						return err
					}
					var change kernia.Patch
					if _, err := s.auth.Users.Update(ctx, out.User.ID, *change.Name("Ann 2")); err != nil || commits {
						return err
					}
					return errRollback
				})
				if commits && err != nil || !commits && !errors.Is(err, errRollback) {
					t.Fatal(err)
				}
				if commits {
					held.Release(inside)
				}
				p, err := s.auth.Verify(t.Context(), *out.Token)
				if err != nil || (p != nil) != commits || p != nil && p.User.Name != "Ann 2" {
					t.Errorf("Verify = %+v, %v", p, err)
				}
				if err := s.auth.Close(t.Context()); err != nil || (len(events.All()) > 0) != commits {
					t.Errorf("events %v, %v", events.All(), err)
				}
			})
		}
	}
}
