package password_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/kernia-go/kernia/core/internal/password"
)

type vector struct{ Password, Hash string }

func load(t testing.TB) []vector {
	t.Helper()
	var v struct {
		Vectors []vector `json:"password_hash"`
	}
	b, err := os.ReadFile("testdata/scrypt.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v.Vectors
}

func verify(t *testing.T, h *password.Hasher, pw, hash string, wantOK, wantStale bool) {
	t.Helper()
	ok, stale, err := h.Verify(t.Context(), pw, hash)
	if err != nil || ok != wantOK || stale != wantStale {
		t.Errorf("Verify = %v, %v, %v, want %v, %v", ok, stale, err, wantOK, wantStale)
	}
}

func TestScryptVectors(t *testing.T) {
	argon, node := password.New(password.Options{}), password.New(password.Options{Write: password.Scrypt})
	for _, v := range load(t) {
		verify(t, argon, v.Password, v.Hash, true, true)
	}
	v := load(t)[0]
	verify(t, node, v.Password+"x", v.Hash, false, false)
	verify(t, node, v.Password, strings.ToUpper(v.Hash), false, true) // another salt: it is text
	salt, key, _ := strings.Cut(v.Hash, ":")
	verify(t, node, v.Password, salt+":"+strings.ToUpper(key), true, true)
}

func TestHash(t *testing.T) {
	argon, node := password.New(password.Options{}), password.New(password.Options{Write: password.Scrypt})
	a, err := argon.Hash(t.Context(), "Å𝒳ﬁpass①word")
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("Hash = %q, %v", a, err)
	}
	s, err := node.Hash(t.Context(), "password")
	if err != nil || len(s) != 32+1+128 {
		t.Fatalf("Hash = %q, %v", s, err)
	}
	verify(t, argon, "Å𝒳ﬁpass①word", a, true, false)
	verify(t, argon, "ÅXfipass1word", a, true, false) // the same after NFKC
	verify(t, argon, "Å𝒳ﬁpass①worD", a, false, false)
	verify(t, node, "Å𝒳ﬁpass①word", a, true, true)
	verify(t, node, "password", s, true, false)
	verify(t, argon, "password", s, true, true)
	if b, err := argon.Hash(t.Context(), "Å𝒳ﬁpass①word"); err != nil || a == b {
		t.Errorf("two hashes of one password are the same, %v", err)
	}
}

// Hashes other implementations made.
func TestForeign(t *testing.T) {
	h := password.New(password.Options{})
	for name, v := range map[string]vector{
		// The reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 (RFC 9106's authors).
		"Argon2idOfTheReference": {"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		// Django's and passlib's forms of PBKDF2 with vectors recomputed by Python's hashlib.
		"PBKDF2SHA256":  {"password", "$pbkdf2-sha256$i=1000$c2FsdHNhbHRzYWx0$sYIePhT5IXESDKvnouJXtE5pTJ6Znbmef4vViYmc9Uc"},
		"Passlib":       {"password", "$pbkdf2-sha256$1000$c2FsdHNhbHRzYWx0$sYIePhT5IXESDKvnouJXtE5pTJ6Znbmef4vViYmc9Uc"},
		"PBKDF2SHA512":  {"password", "$pbkdf2-sha512$i=1000,l=64$c2FsdHNhbHRzYWx0$qEWuBHP82uzPrybCUpp9FMGVDoszagDwOgBhAY44y2gPun4RFBM9zjAnhQjJRk+l/dEEhatLCI65Yj/OYq4dcQ"},
		"Django":        {"password", "pbkdf2_sha256$1000$saltsaltsalt$sYIePhT5IXESDKvnouJXtE5pTJ6Znbmef4vViYmc9Uc="},
		"Bcrypt2a":      {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		"Bcrypt2y":      {"U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		"Bcrypt2b":      {"U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		"NotNormalised": {"ﬁrst", "pbkdf2_sha256$1000$saltsaltsalt$aL9e9xgb7Pa/nHjDoUIaqJsXGHMAKmRsRX5Y7CCA+90="},
	} {
		t.Run(name, func(t *testing.T) {
			verify(t, h, v.Password, v.Hash, true, true)
			verify(t, h, v.Password+"x", v.Hash, false, true)
		})
	}
}

func TestF01_Bcrypt72Bytes(t *testing.T) {
	h := password.New(password.Options{})
	pw := strings.Repeat("a", 72)
	b, err := bcrypt.GenerateFromPassword([]byte(pw), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, h, pw, string(b), true, true)
	verify(t, h, pw+"x", string(b), false, true)
	verify(t, h, pw+"y", string(b), false, true)
	verify(t, h, pw[:71], string(b), false, true)
	verify(t, h, strings.Repeat("é", 36)+"x", string(b), false, true)
	// Fewer characters than 72, but more bytes after normalisation: U+FDFA alone becomes 33.
	verify(t, h, pw[:40]+"\ufdfa", string(b), false, true)
}

// gate is a source of randomness that tells how many read from it at once and lets none through until it opens.
// Salts are read inside a turn, so that is how many hash at once.
type gate struct {
	open    chan struct{}
	inside  atomic.Int64
	highest atomic.Int64
	entered chan struct{}
}

func (g *gate) Read(p []byte) (int, error) {
	n := g.inside.Add(1)
	defer g.inside.Add(-1)
	for {
		old := g.highest.Load()
		if n <= old || g.highest.CompareAndSwap(old, n) {
			break
		}
	}
	g.entered <- struct{}{}
	<-g.open
	return len(p), nil
}

// patience bounds the waits that only a broken Hasher makes long.
const patience = 10 * time.Second

func newGate() *gate { return &gate{open: make(chan struct{}), entered: make(chan struct{}, 1000)} }

func wait(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestF02_Queue(t *testing.T) {
	v := load(t)[0]
	t.Run("BoundsHashesAtOnce", func(t *testing.T) {
		const parallel, calls = 2, 5
		g := newGate()
		h := password.New(password.Options{Random: g, Parallel: parallel, Queue: calls})
		var group sync.WaitGroup
		for range calls {
			group.Go(func() {
				if _, err := h.Hash(t.Context(), "password"); err != nil {
					t.Error(err)
				}
			})
		}
		for range parallel {
			<-g.entered
		}
		wait(t, "the others to queue", func() bool { return h.Waiting() == calls-parallel })
		if got := len(g.entered); got != 0 {
			t.Errorf("%d more hashes began while %d were running", got, parallel)
		}
		close(g.open)
		group.Wait()
		if got := g.highest.Load(); got != parallel {
			t.Errorf("%d hashes at once, want %d", got, parallel)
		}
		if got := h.Waiting(); got != 0 {
			t.Errorf("%d calls wait at the end, want 0", got)
		}
	})
	t.Run("EndsWithTheContextWhileQueued", func(t *testing.T) {
		g := newGate()
		h := password.New(password.Options{Random: g, Parallel: 1, Queue: 2})
		var group sync.WaitGroup
		group.Go(func() { _, _ = h.Hash(t.Context(), "password") })
		<-g.entered
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		group.Go(func() { _, err := h.Hash(ctx, "password"); errs <- err })
		group.Go(func() { _, _, err := h.Verify(ctx, v.Password, v.Hash); errs <- err })
		wait(t, "two calls to queue", func() bool { return h.Waiting() == 2 })
		cancel()
		for range 2 {
			select {
			case err := <-errs:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want context.Canceled", err)
				}
			case <-time.After(patience):
				t.Error("a queued call outlives its context")
			}
		}
		if got := h.Waiting(); got != 0 {
			t.Errorf("%d calls wait, want 0", got)
		}
		close(g.open)
		group.Wait()
		verify(t, h, v.Password, v.Hash, true, true) // the turn came back
	})
	t.Run("RefusesBeyondTheQueue", func(t *testing.T) {
		g := newGate()
		h := password.New(password.Options{Random: g, Parallel: 1, Queue: 1})
		none := password.New(password.Options{Random: g, Parallel: 1, Queue: -1})
		var group sync.WaitGroup
		group.Go(func() { _, _ = h.Hash(t.Context(), "password") })
		group.Go(func() { _, _ = none.Hash(t.Context(), "password") })
		<-g.entered
		<-g.entered
		group.Go(func() { _, _ = h.Hash(t.Context(), "password") })
		wait(t, "a call to queue", func() bool { return h.Waiting() == 1 })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if _, err := h.Hash(ctx, "password"); !errors.Is(err, password.ErrBusy) {
			t.Errorf("Hash = %v, want ErrBusy", err)
		}
		if _, _, err := h.Verify(ctx, v.Password, v.Hash); !errors.Is(err, password.ErrBusy) {
			t.Errorf("Verify = %v, want ErrBusy", err)
		}
		if _, err := none.Hash(ctx, "password"); !errors.Is(err, password.ErrBusy) {
			t.Errorf("Hash = %v, want ErrBusy", err)
		}
		close(g.open)
		group.Wait()
	})
	t.Run("BeginsNothingForADoneContext", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		h := password.New(password.Options{Random: failing{}})
		if _, err := h.Hash(ctx, "password"); !errors.Is(err, context.Canceled) {
			t.Errorf("Hash = %v, want context.Canceled", err)
		}
	})
	t.Run("RefusesLongPasswords", func(t *testing.T) {
		h := password.New(password.Options{Random: failing{}}) // which is not even asked for a salt
		if _, err := h.Hash(t.Context(), strings.Repeat("a", 1<<20)); !errors.Is(err, password.ErrLong) {
			t.Errorf("Hash = %v, want ErrLong", err)
		}
		verify(t, h, strings.Repeat("a", 1<<20), v.Hash, false, true)
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errRandom }

var errRandom = errors.New("no entropy")

type shortRead struct{}

func (shortRead) Read(p []byte) (int, error) { return len(p) / 2, nil }

func TestD12_Salt(t *testing.T) {
	for _, w := range []password.Algorithm{password.Argon2id, password.Scrypt} {
		h := password.New(password.Options{Random: failing{}, Write: w})
		if s, err := h.Hash(t.Context(), "password"); !errors.Is(err, errRandom) || s != "" {
			t.Errorf("Hash = %q, %v, want the source's error", s, err)
		}
		h = password.New(password.Options{Random: shortRead{}, Write: w})
		if s, err := h.Hash(t.Context(), "password"); err == nil || s != "" {
			t.Errorf("Hash = %q, %v, want an error", s, err)
		}
	}
}

const salt, key = "c29tZXNhbHRzb21lc2FsdA", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"

func TestF03_ParametersOfStoredHashes(t *testing.T) {
	h := password.New(password.Options{})
	tail := "$" + salt + "$" + key
	for hash, want := range map[string]error{
		"$argon2id$v=19$m=4194304,t=2,p=1" + tail:                         password.ErrBounds, // 4 GiB
		"$argon2id$v=19$m=65537,t=2,p=1" + tail:                           password.ErrBounds,
		"$argon2id$v=19$m=4294967296,t=2,p=1" + tail:                      password.ErrBounds, // 0 in 32 bits
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1" + tail:            password.ErrForm,
		"$argon2id$v=19$m=7,t=2,p=1" + tail:                               password.ErrBounds,
		"$argon2id$v=19$m=8,t=2,p=2" + tail:                               password.ErrBounds,
		"$argon2id$v=19$m=19456,t=11,p=1" + tail:                          password.ErrBounds,
		"$argon2id$v=19$m=19456,t=0,p=1" + tail:                           password.ErrForm,
		"$argon2id$v=19$m=19456,t=2,p=9" + tail:                           password.ErrBounds,
		"$argon2id$v=19$m=19456,t=2,p=257" + tail:                         password.ErrBounds, // 1 in 8 bits
		"$argon2id$v=19$m=-1,t=2,p=1" + tail:                              password.ErrForm,
		"$argon2id$v=19$m=+19456,t=2,p=1" + tail:                          password.ErrForm,
		"$argon2id$v=19$m=019456,t=2,p=1" + tail:                          password.ErrForm,
		"$argon2id$v=19$t=2,m=19456,p=1" + tail:                           password.ErrForm,
		"$argon2id$v=19$m=19456,t=2" + tail:                               password.ErrForm,
		"$argon2id$v=19$m=19456,t=2,p=1,p=1" + tail:                       password.ErrForm,
		"$argon2id$v=16$m=19456,t=2,p=1" + tail:                           password.ErrForm,
		"$argon2id$m=19456,t=2,p=1" + tail:                                password.ErrForm,
		"$argon2i$v=19$m=19456,t=2,p=1" + tail:                            password.ErrForm,
		"$argon2id$v=19$m=19456,t=2,p=1" + tail + "$":                     password.ErrForm,
		"$argon2id$v=19$m=19456,t=2,p=1" + tail + "=":                     password.ErrForm,
		"$argon2id$v=19$m=19456,t=2,p=1" + tail + "\n":                    password.ErrForm,
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$":                    password.ErrBounds, // every password gives no bytes
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$MDEy":                password.ErrBounds,
		"$argon2id$v=19$m=19456,t=2,p=1$$" + key:                          password.ErrBounds,
		"$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + key[:42]:         password.ErrForm,
		"$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW":    password.ErrBounds,
		"$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW":    password.ErrBounds,
		"$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW":    password.ErrBounds,
		"$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW":    password.ErrForm,
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe":     password.ErrForm,
		"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO\x00W": password.ErrForm,
		"$2a$": password.ErrForm,
		"$pbkdf2-sha256$i=2000001$" + salt + "$" + key:    password.ErrBounds,
		"$pbkdf2-sha256$i=0$" + salt + "$" + key:          password.ErrForm,
		"$pbkdf2-md5$i=1000$" + salt + "$" + key:          password.ErrForm,
		"$pbkdf2-sha256$i=1000$" + salt + "$":             password.ErrBounds,
		"$pbkdf2-sha256$i=1000,l=16$" + salt + "$" + key:  password.ErrBounds,
		"pbkdf2_sha256$9999999999$saltsaltsalt$" + key:    password.ErrBounds,
		"pbkdf2_sha256$1000$$" + key:                      password.ErrBounds,
		"pbkdf2_md5$1000$saltsaltsalt$" + key:             password.ErrForm,
		"":                                                password.ErrForm,
		":":                                               password.ErrBounds,
		"password":                                        password.ErrForm,
		"00112233445566778899aabbccddeeff:":               password.ErrBounds,
		"00112233445566778899aabbccddeeff:aabb":           password.ErrBounds,
		"00112233445566778899aabbccddeeff:zz":             password.ErrForm,
		"salt salt salt salt:" + strings.Repeat("00", 64): password.ErrForm,
		"00:" + strings.Repeat("00", 64):                  password.ErrBounds,
		"$argon2id$v=19$" + strings.Repeat("m", 1<<20):    password.ErrForm,
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ok, stale, err := h.Verify(t.Context(), "correct horse", hash)
		runtime.ReadMemStats(&after)
		if ok || stale || !errors.Is(err, want) {
			t.Errorf("Verify(%.60q) = %v, %v, %v, want %v", hash, ok, stale, err, want)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("Verify(%.60q) took %d bytes before it refused", hash, took)
		}
		if err != nil && (strings.Contains(err.Error(), "horse") || len(hash) > 8 && strings.Contains(err.Error(), hash[len(hash)-8:])) {
			t.Errorf("error %q holds the password or the hash", err)
		}
	}
}

func FuzzF12_Verify(f *testing.F) {
	for _, v := range load(f)[:1] {
		f.Add(v.Hash)
	}
	for _, s := range []string{
		"$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + key, "$argon2id$v=19$m=4194304,t=2,p=1$" + salt + "$" + key, "$pbkdf2-sha256$i=1$" + salt + "$" + key,
		"pbkdf2_sha256$1$saltsaltsalt$" + key, "$2a$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", ":", "$", "$2",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		cost, err := password.Cost(hash)
		if err != nil {
			if !errors.Is(err, password.ErrForm) && !errors.Is(err, password.ErrBounds) {
				t.Errorf("parsing %q: %v", hash, err)
			}
			return
		}
		if cost > 64<<20 {
			t.Errorf("%q would take %d bytes", hash, cost)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	for name, w := range map[string]password.Algorithm{"argon2id": password.Argon2id, "scrypt": password.Scrypt} {
		b.Run(name, func(b *testing.B) {
			h := password.New(password.Options{Write: w})
			for b.Loop() {
				if _, err := h.Hash(b.Context(), "correct horse battery staple"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	h := password.New(password.Options{})
	hash, err := h.Hash(b.Context(), "correct horse battery staple")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := h.Verify(b.Context(), "correct horse battery staple", hash); err != nil {
			b.Fatal(err)
		}
	}
}
