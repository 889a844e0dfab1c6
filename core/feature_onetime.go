package kernia

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/core/internal/tablekv"
	"github.com/kernia-go/kernia/ports"
)

// OneTime keeps values of type T that are used once and expire: the value behind the token in a mailed link, a code or
// a challenge. They are in Config.KV or, without one, in the table "verification". Each is stored under a hash of its
// purpose and token, so whoever reads the database learns no token. [OneTimeOf] makes one. It is safe for concurrent
// use.
type OneTime[T any] struct {
	auth    *Auth
	purpose string
	life    time.Duration
	seal    *Sealer // nil: values are kept as they are
}

// OneTimeOf declares one-time values for one purpose, such as "reset-password", that expire after the given time. The
// purpose has no colon in it. A token is invalid for any other purpose. T is stored as JSON; a string is stored as it
// is.
func OneTimeOf[T any](d *Declaration, purpose string, life time.Duration) *OneTime[T] {
	d.purpose(purpose)
	if strings.Contains(purpose, ":") { // "a:b" and a token "c" would be kept where "a" and "b:c" are
		d.fail(fmt.Errorf("the purpose %q has a colon in it", purpose))
	}
	if life < time.Millisecond {
		d.fail(fmt.Errorf("one-time values of purpose %q live for %s: too short", purpose, life))
	}
	return &OneTime[T]{auth: d.auth, purpose: purpose, life: life}
}

// Sealed makes o encrypt the stored values, and returns o. Use it if they contain a token or another secret.
func (o *OneTime[T]) Sealed(d *Declaration) *OneTime[T] {
	o.seal = d.Sealer("one-time:" + o.purpose)
	return o
}

func (d *Declaration) purpose(purpose string) {
	if purpose == "" || len(purpose) > 64 {
		d.fail(fmt.Errorf("a purpose must have 1 to 64 bytes"))
	}
	d.purposes = append(d.purposes, purpose)
}

// Issue stores v under a new random token of 32 letters and digits, and returns the token.
func (o *OneTime[T]) Issue(ctx context.Context, v T) (token string, err error) {
	token, err = secret.Random32(o.auth.config.Random, Alphanumeric, 32)
	if err != nil {
		return "", err
	}
	return token, o.Put(ctx, token, v)
}

// Put stores v under a token or key of the caller's choice, such as a user's id for a code that the user types. It
// replaces an earlier value, and the time until it expires starts again. Inside a transaction it waits for the commit.
func (o *OneTime[T]) Put(ctx context.Context, token string, v T) error {
	if err := o.auth.usable(ctx); err != nil {
		return err
	}
	if token == "" || len(token) > maxToken {
		return fmt.Errorf("%w: a token of %d bytes", ports.ErrInvalid, len(token))
	}
	text, err := o.encode(v)
	if err != nil {
		return err
	}
	entry := ports.Entry{Value: text, Expires: o.auth.now().Add(o.life)}
	return o.auth.committed(ctx, func(ctx context.Context) error { return o.auth.kv.Put(ctx, o.key(token), entry) })
}

// Find returns the value under the token and leaves it there; ok is false if there is none, or if it has expired.
func (o *OneTime[T]) Find(ctx context.Context, token string) (v T, ok bool, err error) {
	return o.read(ctx, token, ports.KV.Find)
}

// Take removes the value under the token and returns it. Only one caller gets it, however many try at once.
func (o *OneTime[T]) Take(ctx context.Context, token string) (v T, ok bool, err error) {
	return o.read(ctx, token, ports.KV.Take)
}

// Try passes the value under the token to check, for values that may be tried a few times, such as a code with a count
// of wrong guesses. While check runs, the value is taken, so only one caller tries at a time. If check returns stay,
// the value is put back as check left it, with its old expiry; otherwise it is gone. ok is false if there was no value.
// err is that of check or of the store.
func (o *OneTime[T]) Try(ctx context.Context, token string, check func(v *T) (stay bool, err error)) (ok bool, err error) {
	v, expires, ok, err := o.entry(ctx, token, ports.KV.Take)
	if err != nil || !ok {
		return false, err
	}
	stay, err := check(&v)
	if !stay {
		return true, err
	}
	text, failed := o.encode(v)
	if failed == nil {
		failed = o.auth.kv.Put(ctx, o.key(token), ports.Entry{Value: text, Expires: expires})
	}
	if err == nil {
		err = failed
	}
	return true, err
}

// Claim marks a token from elsewhere as used, such as a code of an authenticator app that counts only once. first is
// true for at most one caller until the time of the OneTime has passed. A claimed token has no value.
func (o *OneTime[T]) Claim(ctx context.Context, token string) (first bool, err error) {
	if err := o.auth.usable(ctx); err != nil {
		return false, err
	}
	if token == "" || len(token) > maxToken {
		return false, nil
	}
	return o.auth.claim(ctx, o.key("claim:"+token), o.auth.now().Add(o.life))
}

// Delete removes the value under the token, if there is one.
func (o *OneTime[T]) Delete(ctx context.Context, token string) error {
	if err := o.auth.usable(ctx); err != nil {
		return err
	}
	return o.auth.kv.Delete(ctx, o.key(token))
}

// reader is the method of a KV that an entry is read by.
type reader func(kv ports.KV, ctx context.Context, key string) (ports.Entry, bool, error)

func (o *OneTime[T]) read(ctx context.Context, token string, from reader) (v T, ok bool, err error) {
	v, _, ok, err = o.entry(ctx, token, from)
	return v, ok, err
}

func (o *OneTime[T]) entry(ctx context.Context, token string, from reader) (v T, expires time.Time, ok bool, err error) {
	if err := o.auth.usable(ctx); err != nil {
		return v, expires, false, err
	}
	if token == "" || len(token) > maxToken {
		return v, expires, false, nil
	}
	e, ok, err := from(o.auth.kv, ctx, o.key(token))
	if err != nil || !ok || !o.auth.now().Before(e.Expires) {
		return v, expires, false, err
	}
	v, ok = o.decode(e.Value)
	return v, e.Expires, ok, nil
}

// maxToken is how long a token or key of a one-time value may be, in bytes.
const maxToken = 256

// key returns where a value lies: the table hashes keys itself, as Better Auth does; any other store gets the hash.
func (o *OneTime[T]) key(token string) string {
	identifier := o.purpose + ":" + token
	if _, table := o.auth.kv.(*tablekv.KV); table {
		return identifier
	}
	return o.purpose + ":" + digest(identifier)
}

func (o *OneTime[T]) encode(v T) (string, error) {
	text, plain := any(v).(string)
	if !plain {
		b, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("kernia: one-time value of purpose %q: %w", o.purpose, err)
		}
		text = string(b)
	}
	if o.seal == nil {
		return text, nil
	}
	return o.seal.Seal(text)
}

// decode reads a stored value. One that it cannot read is none: another program wrote it.
func (o *OneTime[T]) decode(text string) (v T, ok bool) {
	if o.seal != nil {
		if text, ok = o.seal.Open(text); !ok {
			return v, false
		}
	}
	if s, plain := any(&v).(*string); plain {
		*s = text
		return v, true
	}
	return v, json.Unmarshal([]byte(text), &v) == nil
}
