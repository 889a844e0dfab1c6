package kernia

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/core/internal/tablekv"
	"github.com/kernia-go/kernia/ports"
)

// OneTime keeps values of type T that are used once and expire: what stands behind the token in a mailed link, behind
// a code, behind a challenge. They are kept in Config.KV, or without one in the table "verification", each under the
// hash of its purpose and token, so that whoever reads the database learns no token. Make one with [OneTimeOf]; it is
// safe for concurrent use.
type OneTime[T any] struct {
	auth    *Auth
	purpose string
	life    time.Duration
	seal    *Sealer // nil: values are kept as they are
}

// OneTimeOf declares one-time values of one purpose, as "reset-password", which live for the given time. A token of one
// purpose is worth nothing for another. T is kept as JSON; a string is kept as it is.
func OneTimeOf[T any](d *Declaration, purpose string, life time.Duration) *OneTime[T] {
	d.purpose(purpose)
	if life < time.Millisecond {
		d.fail(fmt.Errorf("one-time values of purpose %q live for %s: too short", purpose, life))
	}
	return &OneTime[T]{auth: d.auth, purpose: purpose, life: life}
}

// Sealed makes the values encrypted where they are kept, and returns o: for those that hold a token or another secret.
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

// Issue keeps v under a new random token of 32 letters and digits, and returns the token.
func (o *OneTime[T]) Issue(ctx context.Context, v T) (token string, err error) {
	token, err = secret.Random32(o.auth.config.Random, Alphanumeric, 32)
	if err != nil {
		return "", err
	}
	return token, o.Put(ctx, token, v)
}

// Put keeps v under a token or key that the caller chose, in place of what was there: a user's id, say, for a code that
// the user types. The time until it expires begins anew. Inside a transaction it waits for the commit.
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

// Find returns the value under the token and leaves it there; ok is false where there is none, or no longer.
func (o *OneTime[T]) Find(ctx context.Context, token string) (v T, ok bool, err error) {
	return o.read(ctx, token, ports.KV.Find)
}

// Take removes the value under the token and returns it. Of any number of callers at once one gets it.
func (o *OneTime[T]) Take(ctx context.Context, token string) (v T, ok bool, err error) {
	return o.read(ctx, token, ports.KV.Take)
}

// Try gives the value under the token to check, for what may be tried a few times: a code with a count of wrong
// guesses, say. While check runs the value is taken, so that of any number of callers at once one tries. Where check
// says stay, the value is put back as check left it, for as long as it had left to live; else it is gone. ok is false
// where there was none; err is check's own or the store's.
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

// Claim uses a token up that the caller got from elsewhere, as a code that counts once: first is true for one caller at
// most until the token's life is over. A token that is claimed holds no value.
func (o *OneTime[T]) Claim(ctx context.Context, token string) (first bool, err error) {
	if err := o.auth.usable(ctx); err != nil {
		return false, err
	}
	if token == "" || len(token) > maxToken {
		return false, nil
	}
	key := o.key("claim:" + token)
	if table, ok := o.auth.kv.(*tablekv.KV); ok {
		return table.Claim(ctx, key, o.auth.now().Add(o.life))
	}
	tally, err := o.auth.kv.Add(ctx, key, ports.Limit{Bound: 1, Window: o.life})
	return err == nil && tally.Allowed, err
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
