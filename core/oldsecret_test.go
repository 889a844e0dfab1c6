package kernia_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// proofs are values of every kind that a secret signs or encrypts.
type proofs struct {
	JWT    string `json:"jwt"`
	Signed string `json:"signed"`
	Stored string `json:"stored"`
}

// prover makes proofs and says which ones count.
func prover(d *kernia.Declaration) {
	jwt, stored := d.JWT(), d.Sealer("stored")
	cookies := map[string]*kernia.Cookie{
		"bound":  d.Cookie("bound", kernia.CookieOptions{}),
		"shared": d.Cookie("shared", kernia.CookieOptions{Form: kernia.CookieShared}),
		"sealed": d.Cookie("sealed", kernia.CookieOptions{Form: kernia.CookieSealed}),
	}
	type claims struct {
		For string `json:"for"`
	}
	kernia.Post(d, "/prove", func(_ context.Context, c *kernia.Call, _ struct{}) (p proofs, err error) {
		for _, k := range cookies {
			if err := k.Set(c, "x"); err != nil {
				return p, err
			}
		}
		p.Signed = c.Signed("x")
		if p.JWT, err = jwt.Sign(claims{"x"}, 30*24*time.Hour); err == nil {
			p.Stored, err = stored.Seal("x")
		}
		return p, err
	})
	kernia.Post(d, "/count", func(_ context.Context, c *kernia.Call, p proofs) ([]string, error) {
		var counts []string
		for name, k := range cookies {
			if value, ok := k.Read(c); ok && value == "x" {
				counts = append(counts, name)
			}
		}
		if _, ok := c.OpenSigned(p.Signed); ok {
			counts = append(counts, "signed")
		}
		if jwt.Open(p.JWT, &claims{}) == nil {
			counts = append(counts, "jwt")
		}
		if text, ok := stored.Open(p.Stored); ok && text == "x" {
			counts = append(counts, "stored")
		}
		slices.Sort(counts)
		return counts, nil
	})
}

// TestOldSecretsEnd: from OldSecretsUntil on, nothing that a client presents counts by an old secret. What is encrypted
// in the store still opens.
func TestOldSecretsEnd(t *testing.T) {
	const before, now = "the-old-secret-that-was-used-until-today", "the-new-secret-that-is-used-from-now-on!"
	for name, form := range cacheForms {
		t.Run(name, func(t *testing.T) {
			store := &countingStore{Store: memory.New()}
			make := func(cfg kernia.Config) *server {
				cfg.Store, cfg.Session.Cache = store, kernia.CacheConfig{Enabled: true, Form: form, MaxAge: 24 * time.Hour}
				return serve(t, cfg, emailpassword.Feature{}, bearer.Feature{}, declared(prover))
			}
			old := make(kernia.Config{Secret: before})
			jar := old.newcomer()
			made := old.browse(jar, "POST", "/prove", "")
			signed := strings.Split(jar[session], ";")[0]

			until := old.clock.Now().Add(time.Hour)
			s := make(kernia.Config{Secret: now, OldSecrets: []string{before}, OldSecretsUntil: until})
			look := func() (counts string, principals, calls int) {
				counts = string(s.send(request("POST", "/count", string(made.Body), "Cookie", pairs(jar))).Body)
				store.calls = 0
				if s.auth.Guard(t.Context(), request("GET", "/x", "", "Cookie", pairs(jar)), true).Principal != nil {
					principals++
				}
				calls = store.calls
				if s.auth.Guard(t.Context(), request("GET", "/x", "", "Authorization", "Bearer "+signed), true).Principal != nil {
					principals++
				}
				if p, err := s.auth.Authenticate(t.Context(), kernia.Credentials{Token: signed}); err == nil && p != nil {
					principals++
				}
				return counts, principals, calls
			}
			s.clock.Advance(time.Hour - time.Millisecond)
			if counts, principals, calls := look(); counts != `["bound","jwt","sealed","shared","signed","stored"]` || principals != 3 || calls != 0 {
				t.Errorf("before their end %s count, %d principals, %d calls of the store for a cached session", counts, principals, calls)
			}
			s.clock.Advance(time.Millisecond)
			if counts, principals, _ := look(); counts != `["stored"]` || principals != 0 {
				t.Errorf("after their end %s count, %d principals", counts, principals)
			}
			// The session itself, signed anew, is there: it is the cached copy that does not count.
			jar[session] = strings.Split(s.auth.Sessions.Cookie(token(t, session+"="+jar[session])), "=")[1]
			if _, principals, calls := look(); principals != 1 || calls == 0 {
				t.Errorf("with a new signature %d principals, %d calls of the store", principals, calls)
			}
		})
	}
}
