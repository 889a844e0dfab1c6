package kerniamongo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"github.com/kernia-go/kernia/ports"
)

// Options are the settings of a [Store]. The zero Options are recommended.
type Options struct {
	Prefix      string        // put before the name of every collection
	Timeout     time.Duration // bounds each call to the server, besides the caller's context; 0: ten seconds
	KeepExpired bool          // Migrate leaves out the index by which the server removes what expired a day ago
}

// A Store is a [ports.Store] in one MongoDB database. It is safe for concurrent use. Take one from [New] or
// [Open].
type Store struct {
	db      *mongo.Database
	options Options
	owned   bool // the client is ours to disconnect

	traits   atomic.Pointer[traits]
	noLookup atomic.Bool // the server has refused $lookup
	tables   sync.Map    // *ports.Model to *table
	queries  sync.Map    // *ports.Query to *query
	checked  sync.Map    // call to nothing, of those that passed Check
}

var _ ports.Store = (*Store)(nil)

// Open connects to the server at uri and returns a Store in the named database. It fails with
// [ports.ErrUnavailable] where the server does not answer within [Options.Timeout], and never shows the uri, which
// may hold a password. It takes at most one Options. The caller closes the Store.
func Open(ctx context.Context, uri, database string, o ...Options) (*Store, error) {
	settings := options.Client().ApplyURI(uri)
	if settings.Validate() != nil || database == "" {
		return nil, fmt.Errorf("kerniamongo: open: %w: not a mongodb:// URI with a database name", ports.ErrInvalid)
	}
	client, err := mongo.Connect(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("kerniamongo: open: %w: the options in the URI do not fit together", ports.ErrInvalid)
	}
	s := New(client.Database(database), o...)
	s.owned = true
	if err := s.Ping(ctx); err != nil {
		_ = s.Close() //nolint:contextcheck // it has a time limit of its own
		return nil, err
	}
	return s, nil
}

// New returns a Store in the application's database. It takes at most one Options, and does not touch the database.
func New(db *mongo.Database, o ...Options) *Store {
	safe := options.Database().SetReadPreference(readpref.Primary()).SetWriteConcern(writeconcern.Majority())
	s := &Store{db: db.Client().Database(db.Name(), safe)}
	if len(o) > 0 {
		s.options = o[0]
	}
	if s.options.Timeout <= 0 {
		s.options.Timeout = 10 * time.Second
	}
	return s
}

// Ping asks the server whether it can take writes, and fails with [ports.ErrUnavailable] or the context's error.
func (s *Store) Ping(ctx context.Context) error {
	call, cancel := s.bound(ctx)
	defer cancel()
	if err := s.db.Client().Ping(call, readpref.Primary()); err != nil {
		return fail(ctx, "ping", nil, err)
	}
	return nil
}

// Close ends the Store, which must not be used afterwards. It disconnects the client that [Open] made, once the calls
// in progress have ended or after [Options.Timeout], and leaves the one that [New] was given connected.
func (s *Store) Close() error {
	if !s.owned {
		return nil
	}
	ctx, cancel := s.bound(context.Background())
	defer cancel()
	if err := s.db.Client().Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return fail(context.Background(), "close", nil, err)
	}
	return nil
}

// bound returns ctx with the Store's own time limit for one call.
func (s *Store) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Timeout)
}

// Create stores r. See [ports.Store].
func (s *Store) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	t, err := s.table(m)
	if err == nil {
		err = m.CheckRecord(r)
	}
	r = slices.Clone(r)
	if err == nil {
		err = s.do(ctx, func(call context.Context) error { return s.create(call, t, r) })
	}
	if err != nil {
		return nil, fail(ctx, "create", m, err)
	}
	return r, nil
}

// create stores r and puts the id into it where the store makes it.
func (s *Store) create(ctx context.Context, t *table, r ports.Record) error {
	for tries := 0; ; tries++ {
		doc, err := s.document(ctx, t, r)
		if err != nil {
			return err
		}
		_, err = t.coll.InsertOne(ctx, doc)
		if !isDuplicate(err) {
			return err
		}
		held := t.conflict(ctx, err, r, true)
		if t.model.ID != ports.IDSerial || held.Key != "id" || tries > 2 {
			return held
		}
		if err := s.catchUp(ctx, t); err != nil { // somebody wrote documents that the counter does not know
			return err
		}
	}
}

// document returns r as a document, and puts the id into r where the store makes it.
func (s *Store) document(ctx context.Context, t *table, r ports.Record) (bson.D, error) {
	doc := make(bson.D, 0, len(r))
	for i := range r {
		f := &t.columns[i]
		if i == 0 && t.model.ID.Stored() {
			id, err := s.makeID(ctx, t)
			if err != nil {
				return nil, err
			}
			doc = append(doc, bson.E{Key: "_id", Value: id})
			r[0] = ports.String(idText(id))
			continue
		}
		if r[i].IsNull() && !f.explicit {
			continue
		}
		in, ok := f.encode(r[i])
		if !ok {
			return nil, &ports.RefusedError{Model: t.model.Name, Field: f.field.Name}
		}
		doc = append(doc, bson.E{Key: f.name, Value: in})
	}
	return doc, nil
}

const batch = 500 // documents that the server sends, or is asked about, at once

// Find returns the records that q describes. See [ports.Store].
func (s *Store) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	p, err := s.query(q)
	if err == nil {
		err = q.CheckArgs(args)
	}
	if err != nil {
		return nil, fail(ctx, "find", q.Model, err)
	}
	limit, offset := q.Page(args)
	var found []ports.Record
	err = s.do(ctx, func(call context.Context) (err error) {
		found, err = s.find(call, p, args, limit, offset)
		return err
	})
	if err != nil {
		return nil, fail(ctx, "find", q.Model, err)
	}
	return found, nil
}

// Count returns how many records satisfy the conditions of q. See [ports.Store].
func (s *Store) Count(ctx context.Context, q *ports.Query, args []ports.Value) (int64, error) {
	p, err := s.query(q)
	if err == nil {
		conditions := *q
		conditions.Paged = false
		err = conditions.CheckArgs(args)
	}
	if err != nil {
		return 0, fail(ctx, "count", q.Model, err)
	}
	var n int64
	err = s.do(ctx, func(call context.Context) (err error) {
		n, err = s.total(call, p, args)
		return err
	})
	if err != nil {
		return 0, fail(ctx, "count", q.Model, err)
	}
	return n, nil
}

// Update changes the record that u addresses if its conditions hold. See
// [ports.Store].
func (s *Store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	t, f, err := s.address(u, u.Model, u.Key, u.Conditions(), args)
	if err != nil {
		return nil, false, fail(ctx, "update", u.Model, err)
	}
	values := args[len(args)-len(u.Set):]
	change, err := t.change(u.Set, values)
	if err != nil {
		return nil, false, fail(ctx, "update", u.Model, err)
	}
	var r ports.Record
	err = s.do(ctx, func(call context.Context) (err error) {
		if f.never {
			return nil
		}
		r, err = change.apply(call, f)
		if isDuplicate(err) {
			return t.conflict(call, err, change.after(call, f), false)
		}
		return err
	})
	if err != nil {
		return nil, false, fail(ctx, "update", u.Model, err)
	}
	return r, r != nil, nil
}

// Take removes the record that k addresses if its conditions hold, then what refers to it. See [ports.Store].
func (s *Store) Take(ctx context.Context, k *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	t, f, err := s.address(k, k.Model, k.Key, k.Where, args)
	if err != nil {
		return nil, false, fail(ctx, "take", k.Model, err)
	}
	var r ports.Record
	err = s.do(ctx, func(call context.Context) error {
		if f.never {
			return nil
		}
		return s.together(call, len(k.Model.Dependents) > 0, func(call context.Context) (err error) {
			r, err = s.take(call, t, f)
			return err
		})
	})
	if err != nil {
		return nil, false, fail(ctx, "take", k.Model, err)
	}
	return r, r != nil, nil
}

// take removes the one document of f and then what refers to it: the first step decides who gets it.
func (s *Store) take(ctx context.Context, t *table, f *filter) (ports.Record, error) {
	doc, err := t.coll.FindOneAndDelete(ctx, f.doc()).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := t.record(doc)
	if err == nil && len(t.model.Dependents) > 0 {
		_, err = s.removal(ctx, t).dependents(t, bson.A{doc.Lookup("_id")}) //nolint:contextcheck // it has ctx, and closes its cursor even when that is over
	}
	return r, err
}

// Delete removes every record that satisfies the conditions, before each those that refer to it. See
// [ports.Store].
func (s *Store) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	t, f, err := s.address(d, d.Model, nil, d.Where, args)
	if err != nil {
		return 0, fail(ctx, "delete", d.Model, err)
	}
	var n int64
	err = s.do(ctx, func(call context.Context) error {
		if f.never {
			return nil
		}
		return s.together(call, len(d.Model.Dependents) > 0, func(call context.Context) (err error) {
			n, err = s.removal(call, t).all(t, f) //nolint:contextcheck // it has call, and closes its cursor even when that is over
			return err
		})
	})
	if err != nil {
		return 0, fail(ctx, "delete", d.Model, err)
	}
	return n, nil
}

func (s *Store) find(ctx context.Context, p *query, args []ports.Value, limit, offset int64) ([]ports.Record, error) {
	if tooLong(p.Where, args) {
		return nil, fmt.Errorf("%w: a text of over %d bytes to be contained", ports.ErrInvalid, longest)
	}
	if p.followed != nil {
		return s.join(ctx, p, args, limit, offset)
	}
	f, _ := p.filters(args, "", "")
	if f.never {
		return nil, nil
	}
	return p.sorted(limit, offset, func(order bool, limit, offset int64) ([]ports.Record, error) {
		if !order {
			return p.own.find(ctx, f, nil, limit, offset)
		}
		return p.own.find(ctx, f, p.order, limit, offset)
	})
}

// find returns records that satisfy f.
func (t *table) find(ctx context.Context, f *filter, order bson.D, limit, offset int64) ([]ports.Record, error) {
	page := options.Find().SetLimit(limit).SetSkip(offset).SetBatchSize(atOnce(limit))
	if len(order) > 0 {
		page.SetSort(order)
	}
	cursor, err := t.coll.Find(ctx, f.doc(), page)
	if err != nil {
		return nil, err
	}
	return drain(ctx, cursor, t.record)
}

// atOnce returns how many documents to ask for at once when limit are wanted; zero is no limit.
func atOnce(limit int64) int32 {
	if limit <= 0 || limit > batch {
		return batch
	}
	return int32(limit)
}

// drain decodes all documents of a cursor and closes it.
func drain(ctx context.Context, cursor *mongo.Cursor, decode func(bson.Raw) (ports.Record, error)) ([]ports.Record, error) {
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var found []ports.Record
	for cursor.Next(ctx) {
		r, err := decode(cursor.Current)
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, cursor.Err()
}

func (s *Store) total(ctx context.Context, p *query, args []ports.Value) (int64, error) {
	if tooLong(p.Where, args) {
		return 0, fmt.Errorf("%w: a text of over %d bytes to be contained", ports.ErrInvalid, longest)
	}
	if p.followed != nil {
		found, err := s.join(ctx, p, args, math.MaxInt64, 0)
		return int64(len(found)), err
	}
	f, _ := p.filters(args, "", "")
	if f.never {
		return 0, nil
	}
	return p.own.coll.CountDocuments(ctx, f.doc())
}
