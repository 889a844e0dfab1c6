package kernia_test

import (
	"context"
	"errors"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A slowHasher lets something happen while a password waits to be verified.
type slowHasher struct {
	memory.Hasher
	meanwhile func()
}

func (h *slowHasher) Verify(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	ok, stale, err = h.Hasher.Verify(ctx, password, hash)
	if f := h.meanwhile; f != nil {
		h.meanwhile = nil
		f()
	}
	return ok, stale, err
}

// ban refuses the sign-ins of one user.
type ban struct{ user *string }

func (b ban) Declare(d *kernia.Declaration) {
	d.Name("ban")
	d.Interrupt(func(_ context.Context, _ *kernia.Call, at kernia.Attempt) error {
		if at.User.Name == *b.user {
			return errBanned
		}
		return nil
	})
}

var errBanned = &kernia.Error{Kind: kernia.Denied, Code: "BANNED_USER", Message: "You have been banned"}

// TestSignInRestsOnWhatWasVerified changes what a sign-in rests on while its password is being verified: there is no
// session afterwards, wherever sessions are kept.
func TestSignInRestsOnWhatWasVerified(t *testing.T) {
	kv := func() ports.KV { return memory.NewKV(memory.KVOptions{}) }
	for place, where := range map[string]kernia.Place{"InStore": kernia.InStore, "InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		for _, test := range []struct {
			name   string
			change func(t *testing.T, s *server, u kernia.User)
			status int
		}{
			{"PasswordChanged", func(t *testing.T, s *server, u kernia.User) {
				account, err := s.auth.Accounts.Find(t.Context(), u.ID, kernia.CredentialProvider)
				if err != nil {
					t.Fatal(err)
				}
				if ok, err := s.auth.Accounts.ReplacePassword(t.Context(), account, "new hash"); !ok || err != nil {
					t.Fatal(ok, err)
				}
				if err := s.auth.Sessions.RevokeAll(t.Context(), u.ID); err != nil {
					t.Fatal(err)
				}
			}, 401},
			{"Deleted", func(t *testing.T, s *server, u kernia.User) {
				if gone, err := s.auth.Users.Delete(t.Context(), u.ID); !gone || err != nil {
					t.Fatal(gone, err)
				}
			}, 401},
			{"Banned", func(t *testing.T, s *server, u kernia.User) {
				var change kernia.Patch
				if _, err := s.auth.Users.Update(t.Context(), u.ID, *change.Name("banned")); err != nil {
					t.Fatal(err)
				}
				if err := s.auth.Sessions.RevokeAll(t.Context(), u.ID); err != nil {
					t.Fatal(err)
				}
			}, 403},
		} {
			t.Run(place+"/"+test.name, func(t *testing.T) {
				banned, h := "banned", &slowHasher{}
				cfg := kernia.Config{Hasher: h, Session: kernia.SessionConfig{Place: where}}
				if where != kernia.InStore {
					cfg.KV = kv()
				}
				s := serve(t, cfg, emailpassword.Feature{}, ban{&banned})
				s.signUp("ann@example.com")
				u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
				if err != nil {
					t.Fatal(err)
				}
				h.meanwhile = func() { test.change(t, s, *u) }
				a := s.signIn("ann@example.com")
				if a.Status != test.status || a.cookie() != "" {
					t.Errorf("the sign-in answers %d %s with cookies %q, want %d and none", a.Status, a.Body, a.cookie(), test.status)
				}
				if list, err := s.auth.Sessions.List(t.Context(), u.ID); len(list) > 0 || err != nil && !errors.Is(err, kernia.ErrUserNotFound) {
					t.Errorf("the user has sessions %v, %v", list, err)
				}
			})
		}
	}
}
