package kernia

import (
	"crypto/sha256"

	"github.com/kernia-go/kernia/core/internal/seal"
)

// A Sealer encrypts values, so that nobody can read them in the database or in a browser's cookies.
// [Declaration.Sealer] and [Declaration.SharedSealer] make one. It is safe for concurrent use.
type Sealer struct {
	auth    *Auth
	purpose string
	keys    [][]byte // of the current secret first, then of the old ones
	shared  bool
}

// Sealer returns a Sealer for one purpose, such as "provider token". Its key is derived from Config.Secret for this
// feature and purpose, so no other feature can open what it sealed. Values sealed under one of Config.OldSecrets still
// open, also after Config.OldSecretsUntil.
func (d *Declaration) Sealer(purpose string) *Sealer {
	s := &Sealer{auth: d.auth, purpose: purpose}
	d.later(func() { s.keys = d.auth.keys.Subkeys("seal:"+d.feature+":"+purpose, seal.KeySize) })
	return s
}

// SharedSealer returns a Sealer for Better Auth's own form of encrypted values, for a database that both use. Like
// Better Auth, it has one key for all purposes; use [Declaration.Sealer] for everything else.
func (d *Declaration) SharedSealer() *Sealer {
	s := &Sealer{auth: d.auth, shared: true}
	for _, secret := range d.auth.keys.All() {
		key := sha256.Sum256(secret)
		s.keys = append(s.keys, key[:])
	}
	return s
}

// Seal returns text encrypted. It fails only if Config.Random fails.
func (s *Sealer) Seal(text string) (string, error) {
	if len(s.keys) == 0 {
		return "", errEarly
	}
	if s.shared {
		return seal.SealHex(s.auth.config.Random, s.keys[0], text)
	}
	return seal.Seal(s.auth.config.Random, s.keys[0], text, s.purpose)
}

// Open returns the text that Seal encrypted; ok is false for everything else.
func (s *Sealer) Open(sealed string) (text string, ok bool) {
	var err error
	if s.shared {
		text, err = seal.OpenHex(s.keys, sealed)
	} else {
		text, err = seal.Open(s.keys, sealed, s.purpose)
	}
	return text, err == nil
}
