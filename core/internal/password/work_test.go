package password_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/password"
)

const (
	bcrypt5  = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	bcrypt10 = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	bcrypt12 = "$2y$12$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
	scrypt   = "00112233445566778899aabbccddeeff:"
)

// TestF04_FailuresCostAlike: what a wrong password costs is the same for no account and for a hash of whatever kind and
// cost, counted by kind.
func TestF04_FailuresCostAlike(t *testing.T) {
	hashes := map[string]string{
		"none":              "",
		"own":               "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
		"cheaper argon2id":  "$argon2id$v=19$m=4096,t=3,p=1$" + salt + "$" + key,
		"dearer argon2id":   "$argon2id$v=19$m=65536,t=3,p=4$" + salt + "$" + key,
		"scrypt":            scrypt + strings.Repeat("00", 64),
		"cheap bcrypt":      bcrypt5,
		"bcrypt":            bcrypt10,
		"dear bcrypt":       bcrypt12,
		"PBKDF2":            "$pbkdf2-sha256$i=600000$" + salt + "$" + key,
		"PBKDF2 of Django":  "pbkdf2_sha256$390000$saltsaltsalt$" + key,
		"PBKDF2 of SHA-512": "$pbkdf2-sha512$i=210000$" + salt + "$" + key,
		"PBKDF2 of SHA-1":   "$pbkdf2-sha1$i=20000$" + salt + "$" + key, // two blocks
	}
	declared := []string{
		"scrypt", "$2b$12$", "$argon2id$v=19$m=65536,t=3,p=4$", "$pbkdf2-sha256$i=600000$", "pbkdf2_sha256$600000$", "$pbkdf2-sha512$i=210000$",
		hashes["PBKDF2 of SHA-1"],
	}
	for _, test := range []struct {
		typed, what string
		forms       int64
	}{
		{"password", "a plain password", 1},
		{"ﬁrst", "a password with two forms", 2},
	} {
		h := password.New(password.Options{})
		for _, form := range declared {
			if err := h.Expect(form); err != nil {
				t.Fatalf("Expect(%q) = %v", form, err)
			}
		}
		took := password.Count(h)
		want := [6]int64{65536 * 3, 1, test.forms << 12, test.forms * 40000, test.forms * 600000, test.forms * 210000}
		for name, hash := range hashes {
			var err error
			if hash == "" {
				err = h.Reject(t.Context(), test.typed)
			} else {
				_, _, err = h.Verify(t.Context(), test.typed, hash)
			}
			if got, _ := took(); err != nil || got != want {
				t.Errorf("%s, %s: %v, %v, want %v", name, test.what, got, err, want)
			}
		}
	}
}

// TestF04_VerifiesAFormOnce: a password is compared once a form, and what is normal already has one form.
func TestF04_VerifiesAFormOnce(t *testing.T) {
	h := password.New(password.Options{})
	if err := h.Expect(bcrypt10); err != nil {
		t.Fatal(err)
	}
	took := password.Count(h)
	for typed, want := range map[string]int{"password": 2, "ﬁrst": 3} { // each with the decoy of our own kind
		if _, _, err := h.Verify(t.Context(), typed, bcrypt10); err != nil {
			t.Fatal(err)
		}
		if got, runs := took(); runs != want {
			t.Errorf("%q takes %d computations, want %d: %v", typed, runs, want, got)
		}
	}
}

// TestF04_LearnsWhatItMeets: a kind that nobody declared counts from the first hash that is seen, and nothing else does.
func TestF04_LearnsWhatItMeets(t *testing.T) {
	h := password.New(password.Options{Write: password.Scrypt})
	took := password.Count(h)
	reject := func() [6]int64 {
		if err := h.Reject(t.Context(), "password"); err != nil {
			t.Fatal(err)
		}
		got, _ := took()
		return got
	}
	if got := reject(); got != [6]int64{0, 1} {
		t.Errorf("a fresh hasher takes %v, want one scrypt", got)
	}
	for _, hash := range []string{bcrypt10, bcrypt5, "$2b$31$" + bcrypt5[7:], "$pbkdf2-md5$i=1000$" + salt + "$" + key} {
		_, _, _ = h.Verify(t.Context(), "password", hash)
	}
	took()
	if got := reject(); got != [6]int64{0, 1, 1 << 10} {
		t.Errorf("after a bcrypt hash of cost 10 it takes %v", got)
	}
	for _, form := range []string{"", "$", "$$", "bcrypt", "$2b$15$", "$2x$10$", "$pbkdf2-sha256$", "$pbkdf2-sha256$i=2000001$", "argon2id"} {
		if err := h.Expect(form); err == nil {
			t.Errorf("Expect(%q) succeeds", form)
		}
	}
}

// TestF04_DecoysCompute: what makes up for work is really computed, and for nothing else.
func TestF04_DecoysCompute(t *testing.T) {
	h := password.New(password.Options{})
	for _, form := range []string{"scrypt", "$2b$05$", "$pbkdf2-sha256$i=1000$", "$pbkdf2-sha512$i=1000$", "$pbkdf2-sha1$i=1000$"} {
		if err := h.Expect(form); err != nil {
			t.Fatal(err)
		}
	}
	before := allocated()
	if err := h.Reject(t.Context(), strings.Repeat("é", 100)); err != nil {
		t.Fatal(err)
	}
	if took := allocated() - before; took < 50<<20 {
		t.Errorf("argon2id and scrypt took %d bytes, want 19 and 32 MiB", took)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
