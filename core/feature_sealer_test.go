package kernia_test

import (
	"testing"

	kernia "github.com/kernia-go/kernia/core"
)

// sealers is a feature that keeps its handles where the test finds them.
type sealers struct {
	name              string
	one, other, share **kernia.Sealer
}

func (s sealers) Declare(d *kernia.Declaration) {
	d.Name(s.name)
	*s.one, *s.other, *s.share = d.Sealer("token"), d.Sealer("code"), d.SharedSealer()
}

func TestSealer(t *testing.T) {
	const old, current = "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", "yR8uL2nH6dJ4gP0cAZk3vQ9xT1mW7sB5"
	open := func(name, secret string, olds ...string) (one, other, share *kernia.Sealer) {
		t.Helper()
		cfg := config()
		cfg.Secret, cfg.OldSecrets = secret, olds
		if _, err := kernia.New(cfg, sealers{name, &one, &other, &share}); err != nil {
			t.Fatal(err)
		}
		return one, other, share
	}
	one, other, share := open("mail", old)
	_, _, foreign := open("mail", current)
	elsewhere, _, _ := open("letters", old)
	again, _, shareAgain := open("mail", current, old)
	unable := func(sealed string, sealers ...*kernia.Sealer) {
		t.Helper()
		for i, s := range sealers {
			if text, ok := s.Open(sealed); ok || text != "" {
				t.Errorf("sealer %d opens %q: %q", i, sealed, text)
			}
		}
	}
	sealed, err := one.Seal("secret")
	if err != nil {
		t.Fatal(err)
	}
	unable(sealed, other, share, foreign, elsewhere)
	unable(sealed[1:], one)
	shared, err := share.Seal("secret")
	if err != nil {
		t.Fatal(err)
	}
	unable(shared, one, other, foreign)
	for _, s := range []struct {
		by     *kernia.Sealer
		sealed string
	}{{one, sealed}, {again, sealed}, {share, shared}, {shareAgain, shared}} {
		if text, ok := s.by.Open(s.sealed); !ok || text != "secret" {
			t.Errorf("Open(%q) = %q, %v", s.sealed, text, ok)
		}
	}
}
