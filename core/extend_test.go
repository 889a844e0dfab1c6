package kernia_test

import (
	"context"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// TestAHookChangesAnExtension: what BeforeUpdate makes of an extension is stored, the end and added fields alike.
func TestAHookChangesAnExtension(t *testing.T) {
	end := time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)
	seen := kernia.Field[string]{Name: "seen", Default: kernia.Some("never")}
	for name, place := range map[string]kernia.Place{"InStore": kernia.InStore, "InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		inPlace(t, name, kernia.Config{
			Session:       kernia.SessionConfig{Place: place},
			SessionFields: []kernia.Extra{seen},
			Hooks: kernia.Hooks{Session: kernia.SessionHooks{BeforeUpdate: func(_ context.Context, _ string, change *kernia.Patch) error {
				if _, extended := change.Lookup("expiresAt"); !extended {
					t.Error("an extension does not say its end")
				}
				change.Put("expiresAt", ports.Time(end))
				change.Put("seen", ports.String("on extension"))
				return nil
			}}},
		}, func(t *testing.T, s *server, _ *hookedKV) {
			cookie := s.signUp("ann@example.com")
			s.clock.Advance(2 * 24 * time.Hour)
			s.get("/get-session", "Cookie", cookie)
			p, err := s.auth.Verify(t.Context(), token(t, cookie))
			if err != nil || p == nil || !p.Session.ExpiresAt.Equal(end) || seen.Of(&p.Session) != "on extension" {
				t.Errorf("after the extension: %+v, %v", p, err)
			}
		})
	}
}
