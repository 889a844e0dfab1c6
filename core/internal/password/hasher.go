package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"

	"golang.org/x/text/unicode/norm"

	"github.com/kernia-go/kernia/ports"
)

// MaxLength is the most bytes of a password that are hashed. Whoever asks people for passwords sets a lower bound of
// its own and says so; this one keeps a mistake there from costing memory.
const MaxLength = 4096

var (
	// ErrBusy reports that as many calls wait as may.
	ErrBusy = errors.New("password: too many calls are waiting")

	// ErrLong reports a password of more than MaxLength bytes.
	ErrLong = errors.New("password: longer than 4096 bytes")

	// ErrForm reports a stored hash in a form that this package does not know.
	ErrForm = errors.New("password: unknown form of hash")

	// ErrBounds reports a stored hash whose parameters ask for more work or memory than allowed, or for too little to
	// be a password hash at all.
	ErrBounds = errors.New("password: parameters of the hash are out of bounds")
)

// An Algorithm is what new hashes are made with.
type Algorithm int

const (
	// Argon2id writes PHC strings with the parameters OWASP recommends (m=19456, t=2, p=1).
	Argon2id Algorithm = iota

	// Scrypt writes what Better Auth writes, for those who share a database with it.
	Scrypt
)

// Options are the settings of a Hasher. The zero value is the recommendation.
type Options struct {
	Random   io.Reader // where salts come from; nil: crypto/rand
	Write    Algorithm // of new hashes
	Parallel int       // hashes at once, up to 64 MiB each; 0: the number of CPUs, at most 4
	Queue    int       // calls that may wait; 0: 128 times Parallel; below 0: none
}

// A Hasher hashes and verifies, so many at once as its options say; further calls wait. It is safe for concurrent use.
type Hasher struct {
	random  io.Reader
	write   Algorithm
	slots   chan struct{}
	queue   int64
	waiting atomic.Int64

	most [kinds]atomic.Int64                  // the work of the most expensive hash of each kind that there may be
	run  func(s stored, password string) bool // stored.verify
}

var _ ports.EvenHasher = (*Hasher)(nil)

// New returns a Hasher.
func New(o Options) *Hasher {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Parallel < 1 {
		o.Parallel = max(1, min(runtime.NumCPU(), 4))
	}
	if o.Queue == 0 {
		o.Queue = 128 * o.Parallel
	}
	h := &Hasher{
		random: o.Random, write: o.Write, slots: make(chan struct{}, o.Parallel), queue: int64(max(o.Queue, 0)), run: stored.verify,
	}
	if o.Write == Scrypt {
		h.most[scryptKind].Store(1)
	} else {
		h.most[argonKind].Store(argonMemory * argonTime)
	}
	return h
}

// Expect makes every failed call of Verify, and of Reject, take the work of a hash of this form too: a stored hash, one
// that is cut off after its parameters ("$2b$12$", "$pbkdf2-sha256$i=600000$", "pbkdf2_sha256$600000$"), or "scrypt" for
// that of Better Auth. Errors: ErrForm, ErrBounds.
func (h *Hasher) Expect(form string) error {
	s, err := parse(whole(form))
	if err == nil {
		h.expect(s)
	}
	return err
}

func (h *Hasher) expect(s stored) {
	k, n := s.work()
	for {
		old := h.most[k].Load()
		if n <= old || h.most[k].CompareAndSwap(old, n) {
			return
		}
	}
}

// Hash returns a new hash of password, with a salt of its own. Errors: ErrLong, ErrBusy, that of the random source,
// the context's own.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxLength {
		return "", ErrLong
	}
	password = norm.NFKC.String(password)
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	var salt [saltSize]byte
	n, err := h.random.Read(salt[:])
	if err == nil && n != len(salt) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", fmt.Errorf("password: reading a salt: %w", err)
	}
	if h.write == Scrypt {
		return newScrypt(password, salt[:])
	}
	return newArgon(password, salt[:]), nil
}

// Verify reports whether password gave hash, and whether hash is in another form than Hash gives. A password of more
// than MaxLength bytes never matches. Where the answer is no, it takes the same work for every hash: that of the hash
// that Hash makes, and of the most expensive one of each other kind that Expect named or Verify has met. Errors: ErrForm
// and ErrBounds for the hash, ErrBusy, the context's own.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	s, err := parse(hash)
	if err != nil {
		return false, false, err
	}
	h.expect(s)
	ok, err = h.compare(ctx, password, s)
	return ok, err == nil && !s.current(h.write), err
}

// Reject takes the work of a failed Verify, for where there is no hash. Errors: ErrBusy, the context's own.
func (h *Hasher) Reject(ctx context.Context, password string) error {
	_, err := h.compare(ctx, password, nil)
	return err
}

// compare verifies a password where there is a hash, and makes up for the work that other hashes would have taken
// where it is wrong.
func (h *Hasher) compare(ctx context.Context, password string, s stored) (bool, error) {
	if len(password) > MaxLength {
		return false, nil
	}
	forms := []string{norm.NFKC.String(password)}
	if forms[0] != password {
		forms = append(forms, password) // whoever made a foreign hash may not have normalised
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	var done work
	if s != nil {
		k, n := s.work()
		for _, form := range forms[:k.forms(len(forms))] {
			if h.run(s, form) {
				return true, nil
			}
			done[k] += n
		}
	}
	for k := range kinds {
		want := h.most[k].Load() * int64(k.forms(len(forms)))
		for _, decoy := range k.decoys(want - done[k]) {
			if err := ctx.Err(); err != nil {
				return false, fmt.Errorf("password: verifying: %w", err)
			}
			h.run(decoy, forms[0])
		}
	}
	return false, nil
}

// enter waits for a turn.
func (h *Hasher) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("password: waiting for a turn: %w", err)
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	default:
	}
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > h.queue {
		return ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("password: waiting for a turn: %w", ctx.Err())
	}
}

func (h *Hasher) leave() { <-h.slots }
