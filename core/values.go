package kernia

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

const (
	maxKey   = 512     // bytes, as ports.KV says
	maxValue = 1 << 20 // bytes
)

// tableValues keeps values that expire in the table verification, under the hash of their key: who reads the database
// learns no key. Identifiers are not unique there, a JavaScript server writes siblings: the newest counts, and only
// the Take of that row by its id decides who gets it. A row under the plain key, as such a server may have left it, is
// found too.
type tableValues struct {
	auth  *Auth
	swept sweeper

	newest                 ports.Query  // key, key, now
	all                    ports.Query  // key, key
	replace                ports.Update // id, now: value, expiresAt, updatedAt
	take                   ports.Take   // id, now
	drop, dropOlder, stale ports.Delete
	dropRow                ports.Delete // id
}

func newTableValues(a *Auth) *tableValues {
	m := a.schema.verification
	keys := ports.Condition{Field: "identifier", Op: ports.In, Count: 2}
	live := ports.Condition{Field: "expiresAt", Op: ports.Gt}
	return &tableValues{
		auth: a,
		newest: ports.Query{
			Model: m, Where: []ports.Condition{keys, live}, Limit: 1, Order: []ports.Order{{Field: "createdAt", Desc: true}},
		},
		all: ports.Query{Model: m, Where: []ports.Condition{keys}, Limit: maxList},
		replace: ports.Update{
			Model: m, Key: ports.Key{"id"}, Where: []ports.Condition{live},
			Set: []ports.Change{{Field: "value"}, {Field: "expiresAt"}, {Field: "updatedAt"}},
		},
		take:      ports.Take{Model: m, Key: ports.Key{"id"}, Where: []ports.Condition{live}},
		drop:      ports.Delete{Model: m, Where: []ports.Condition{keys}},
		dropRow:   ports.Delete{Model: m, Where: []ports.Condition{eq("id")}},
		dropOlder: ports.Delete{Model: m, Where: []ports.Condition{keys, {Field: "id", Op: ports.Ne}, {Field: "createdAt", Op: ports.Le}}},
		stale:     ports.Delete{Model: m, Where: []ports.Condition{{Field: "expiresAt", Op: ports.Le}}},
	}
}

// binary marks a value that no text column holds as it is.
const binary = "base64:"

// plainText returns s where every text column holds it, else its hash.
func plainText(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") {
		return s
	}
	return hashKey(s)
}

func encodeValue(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.HasPrefix(s, binary) {
		return s
	}
	return binary + base64.RawStdEncoding.EncodeToString([]byte(s))
}

func decodeValue(s string) string {
	if rest, ok := strings.CutPrefix(s, binary); ok {
		if raw, err := base64.RawStdEncoding.DecodeString(rest); err == nil {
			return string(raw)
		}
	}
	return s
}

// hashKey is how upstream hashes identifiers: base64url(SHA-256(identifier)).
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func forms(key string) []ports.Value {
	return []ports.Value{ports.String(hashKey(key)), ports.String(plainText(key))}
}

func checkKey(key string) error {
	if key == "" || len(key) > maxKey {
		return fmt.Errorf("%w: a key of %d bytes", ports.ErrInvalid, len(key))
	}
	return nil
}

func (t *tableValues) row(ctx context.Context, key string) (ports.Record, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	records, err := t.auth.config.Store.Find(ctx, &t.newest, append(forms(key), ports.Time(t.auth.now())))
	if err != nil || len(records) == 0 {
		return nil, err
	}
	return records[0], nil
}

// Positions in a record of verification.
const (
	verificationID = iota
	_
	verificationValue
	verificationExpiresAt
	verificationCreatedAt
)

func entryOf(r ports.Record) ports.Entry {
	return ports.Entry{Value: decodeValue(r[verificationValue].AsString()), Expires: r[verificationExpiresAt].AsTime()}
}

func (t *tableValues) find(ctx context.Context, key string) (ports.Entry, bool, error) {
	r, err := t.row(ctx, key)
	if err != nil || r == nil {
		return ports.Entry{}, false, err
	}
	return entryOf(r), true, nil
}

func (t *tableValues) put(ctx context.Context, key string, e ports.Entry) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if len(e.Value) > maxValue {
		return fmt.Errorf("%w: a value of %d bytes", ports.ErrInvalid, len(e.Value))
	}
	store := t.auth.config.Store
	// What is there now goes once the new row is there, and nothing else: of two Puts at once each would else remove
	// the row of the other.
	before, err := store.Find(ctx, &t.all, forms(key))
	if err != nil {
		return err
	}
	id, err := t.auth.newID(t.auth.schema.verification)
	if err != nil {
		return err
	}
	now := ports.Time(t.auth.now())
	_, err = store.Create(ctx, t.auth.schema.verification, ports.Record{
		idValue(id), ports.String(hashKey(key)), ports.String(encodeValue(e.Value)), ports.Time(e.Expires), now, now,
	})
	if err != nil {
		return err
	}
	for _, r := range before {
		if _, err := store.Delete(ctx, &t.dropRow, r[verificationID:verificationID+1]); err != nil {
			return err
		}
	}
	return t.sweep(ctx)
}

func (t *tableValues) replaced(ctx context.Context, key string, e ports.Entry) (bool, error) {
	if len(e.Value) > maxValue {
		return false, fmt.Errorf("%w: a value of %d bytes", ports.ErrInvalid, len(e.Value))
	}
	r, err := t.row(ctx, key)
	if err != nil || r == nil {
		return false, err
	}
	now := ports.Time(t.auth.now())
	_, ok, err := t.auth.config.Store.Update(ctx, &t.replace, []ports.Value{
		r[verificationID], now, ports.String(encodeValue(e.Value)), ports.Time(e.Expires), now,
	})
	return ok, err
}

func (t *tableValues) taken(ctx context.Context, key string) (ports.Entry, bool, error) {
	r, err := t.row(ctx, key)
	if err != nil || r == nil {
		return ports.Entry{}, false, err
	}
	// The siblings go first: one that outlived the Take could be taken next. What was put meanwhile is none of them.
	if _, err := t.auth.config.Store.Delete(ctx, &t.dropOlder, append(forms(key), r[verificationID], r[verificationCreatedAt])); err != nil {
		return ports.Entry{}, false, err
	}
	r, ok, err := t.auth.config.Store.Take(ctx, &t.take, []ports.Value{r[verificationID], ports.Time(t.auth.now())})
	if err != nil || !ok {
		return ports.Entry{}, false, err
	}
	return entryOf(r), true, nil
}

func (t *tableValues) remove(ctx context.Context, keys []string) error {
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return err
		}
		if _, err := t.auth.config.Store.Delete(ctx, &t.drop, forms(key)); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes what has expired, at most once a minute in this process; writes carry it.
func (t *tableValues) sweep(ctx context.Context) error {
	now := t.auth.now()
	if !t.swept.due(now) {
		return nil
	}
	_, err := t.auth.config.Store.Delete(ctx, &t.stale, []ports.Value{ports.Time(now)})
	return err
}
