// Package tablekv is a key-value store in the tables of a [ports.Store]: for applications without a server for what
// expires. Values lie in the table verification, counts in the table rateLimit, each as Better Auth has it.
package tablekv

import (
	"context"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// Tables is a store with the models of its two tables, and what makes new rows.
type Tables struct {
	Store  ports.Store
	Values *ports.Model // verification
	Counts *ports.Model // rateLimit; nil where nothing counts in the store
	Now    func() time.Time
	NewID  func(ctx context.Context, m *ports.Model) (string, error) // "" leaves the id to the store
}

// A Counter is the part of a [ports.KV] that counts.
type Counter interface {
	Add(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error)
	Reset(ctx context.Context, key string) error
}

const maxRows = 1000 // siblings that one Put replaces

// A KV keeps values that expire in the table verification, under the hash of their key: who reads the database
// learns no key. Identifiers are not unique there, a JavaScript server writes siblings: the newest counts, and only
// the Take of that row by its id decides who gets it. A row under the plain key, as such a server may have left it, is
// found too.
type KV struct {
	Counter
	db   Tables
	dead *Sweeper

	newest          ports.Query  // key, key, now
	all             ports.Query  // key, key
	rivals          ports.Query  // key, key, now
	replace         ports.Update // id, now: value, expiresAt, updatedAt
	take            ports.Take   // id, now
	drop, dropOlder ports.Delete
	dropRow         ports.Delete // id
}

var _ ports.KV = (*KV)(nil)

// New returns a KV that keeps values in the table and counts by counter.
func New(db Tables, counter Counter) *KV {
	m := db.Values
	keys := ports.Condition{Field: "identifier", Op: ports.In, Count: 2}
	live := ports.Condition{Field: "expiresAt", Op: ports.Gt}
	t := &KV{
		Counter: counter, db: db,
		newest: ports.Query{
			Model: m, Where: []ports.Condition{keys, live}, Limit: 1, Order: []ports.Order{{Field: "createdAt", Desc: true}},
		},
		all:    ports.Query{Model: m, Where: []ports.Condition{keys}, Limit: maxRows},
		rivals: ports.Query{Model: m, Where: []ports.Condition{keys, live}, Limit: 2},
		replace: ports.Update{
			Model: m, Key: ports.Key{"id"}, Where: []ports.Condition{live},
			Set: []ports.Change{{Field: "value"}, {Field: "expiresAt"}, {Field: "updatedAt"}},
		},
		take:      ports.Take{Model: m, Key: ports.Key{"id"}, Where: []ports.Condition{live}},
		drop:      ports.Delete{Model: m, Where: []ports.Condition{keys}},
		dropRow:   ports.Delete{Model: m, Where: []ports.Condition{{Field: "id"}}},
		dropOlder: ports.Delete{Model: m, Where: []ports.Condition{keys, {Field: "id", Op: ports.Ne}, {Field: "createdAt", Op: ports.Le}}},
	}
	t.dead = NewSweeper(m, t.Claim)
	return t
}

func (t *KV) row(ctx context.Context, key string) (ports.Record, error) {
	if err := ports.CheckKeys(key); err != nil {
		return nil, err
	}
	records, err := t.db.Store.Find(ctx, &t.newest, append(forms(key), ports.Time(t.db.Now())))
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

// Find returns the newest row of the key that has not expired.
func (t *KV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	r, err := t.row(ctx, key)
	if err != nil || r == nil {
		return ports.Entry{}, false, err
	}
	return entryOf(r), true, nil
}

// Put creates a row, then removes those that were there before.
func (t *KV) Put(ctx context.Context, key string, e ports.Entry) error {
	if err := ports.CheckKeys(key); err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return err
	}
	store := t.db.Store
	// What is there now goes once the new row is there, and nothing else: of two Puts at once each would else remove
	// the row of the other.
	before, err := store.Find(ctx, &t.all, forms(key))
	if err != nil {
		return err
	}
	if _, err := t.create(ctx, key, e); err != nil {
		return err
	}
	for _, r := range before {
		if _, err := store.Delete(ctx, &t.dropRow, r[verificationID:verificationID+1]); err != nil {
			return err
		}
	}
	return t.dead.Sweep(ctx, store, t.db.Now())
}

func (t *KV) create(ctx context.Context, key string, e ports.Entry) (ports.Record, error) {
	id, err := t.db.NewID(ctx, t.db.Values)
	if err != nil {
		return nil, err
	}
	now := ports.Time(t.db.Now())
	return t.db.Store.Create(ctx, t.db.Values, ports.Record{
		ports.Nullable(id), ports.String(hashKey(key)), ports.String(encodeValue(e.Value)), ports.Time(e.Expires), now, now,
	})
}

// Claim marks the key as used until expires and reports whether the caller was the first. The column has no unique
// key: each caller creates a row and then looks for another. Of two at once the later one to look finds the row of the
// other, so that at most one is first; perhaps none is, and a row that lost goes again.
func (t *KV) Claim(ctx context.Context, key string, expires time.Time) (first bool, err error) {
	if err := ports.CheckKeys(key); err != nil {
		return false, err
	}
	r, err := t.create(ctx, key, ports.Entry{Expires: expires})
	if err != nil {
		return false, err
	}
	rows, err := t.db.Store.Find(ctx, &t.rivals, append(forms(key), ports.Time(t.db.Now())))
	if err != nil {
		return false, err
	}
	if len(rows) != 1 {
		_, err := t.db.Store.Delete(ctx, &t.dropRow, r[verificationID:verificationID+1])
		return false, err
	}
	return true, t.dead.Sweep(ctx, t.db.Store, t.db.Now())
}

// Replace changes the newest row of the key if it has not expired.
func (t *KV) Replace(ctx context.Context, key string, e ports.Entry) (bool, error) {
	if err := e.Check(); err != nil {
		return false, err
	}
	r, err := t.row(ctx, key)
	if err != nil || r == nil {
		return false, err
	}
	now := ports.Time(t.db.Now())
	_, ok, err := t.db.Store.Update(ctx, &t.replace, []ports.Value{
		r[verificationID], now, ports.String(encodeValue(e.Value)), ports.Time(e.Expires), now,
	})
	return ok, err
}

// Take removes the newest row of the key and its older siblings, and returns it; one caller gets it.
func (t *KV) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	r, err := t.row(ctx, key)
	if err != nil || r == nil {
		return ports.Entry{}, false, err
	}
	// The siblings go first: one that outlived the Take could be taken next. What was put meanwhile is none of them.
	if _, err := t.db.Store.Delete(ctx, &t.dropOlder, append(forms(key), r[verificationID], r[verificationCreatedAt])); err != nil {
		return ports.Entry{}, false, err
	}
	r, ok, err := t.db.Store.Take(ctx, &t.take, []ports.Value{r[verificationID], ports.Time(t.db.Now())})
	if err != nil || !ok {
		return ports.Entry{}, false, err
	}
	return entryOf(r), true, nil
}

// Delete removes every row of the keys.
func (t *KV) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := ports.CheckKeys(key); err != nil {
			return err
		}
		if _, err := t.db.Store.Delete(ctx, &t.drop, forms(key)); err != nil {
			return err
		}
	}
	return nil
}
