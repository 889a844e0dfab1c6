package kerniamongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"github.com/kernia-go/kernia/ports"
)

// Options are the settings of a [Store]. The zero value is what to use.
type Options struct {
	// Timeout bounds each call to the server, besides the context of the caller. Zero means 10 seconds.
	Timeout time.Duration

	// KeepExpired makes Migrate leave out the index by which the server removes what expired a day ago.
	KeepExpired bool
}

// A Store is a [ports.Store] in one MongoDB database. It is safe for concurrent use. Take one from [New] or
// [Open].
type Store struct {
	db      *mongo.Database
	options Options
	owned   bool // the client is ours to disconnect

	traits   atomic.Pointer[traits]
	noLookup atomic.Bool // the server has refused $lookup
	shapes   sync.Map    // *ports.Model to *shape
	plans    sync.Map    // *ports.Query to *plan
	checked  sync.Map    // call to nothing, of those that passed Check
}

var _ ports.Store = (*Store)(nil)

// New returns a Store in db, on a client that remains the caller's to disconnect. It does not touch the database.
func New(db *mongo.Database, o Options) *Store {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	safe := options.Database().SetReadPreference(readpref.Primary()).SetWriteConcern(writeconcern.Majority())
	return &Store{db: db.Client().Database(db.Name(), safe), options: o}
}

// Open connects to the server at uri and returns a Store in the named database. It fails with
// [ports.ErrUnavailable] where the server does not answer within [Options.Timeout], and never shows the uri, which
// may hold a password. Close the Store after use.
func Open(ctx context.Context, uri, database string, o Options) (*Store, error) {
	settings := options.Client().ApplyURI(uri)
	if settings.Validate() != nil || database == "" {
		return nil, fmt.Errorf("kerniamongo: open: %w: not a mongodb:// URI with a database name", ports.ErrInvalid)
	}
	client, err := mongo.Connect(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("kerniamongo: open: %w: the options in the URI do not fit together", ports.ErrInvalid)
	}
	s := New(client.Database(database), o)
	s.owned = true
	if err := s.Ping(ctx); err != nil {
		_ = s.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return s, nil
}

// Ping asks the server whether it can take writes, and fails with [ports.ErrUnavailable] or the context's error.
func (s *Store) Ping(ctx context.Context) error {
	call, cancel := s.bound(ctx)
	defer cancel()
	if err := s.db.Client().Ping(call, readpref.Primary()); err != nil {
		return fail(ctx, "ping", "", err)
	}
	return nil
}

// Close disconnects what [Open] connected, after the calls in progress or when ctx is done. For a Store from
// [New] it does nothing.
func (s *Store) Close(ctx context.Context) error {
	if !s.owned {
		return nil
	}
	call, cancel := s.bound(ctx)
	defer cancel()
	if err := s.db.Client().Disconnect(call); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return fail(ctx, "close", "", err)
	}
	return nil
}

// bound returns ctx with the Store's own time limit for one call.
func (s *Store) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Timeout)
}
