package ports

import (
	"context"
	"errors"
	"fmt"
)

// A Store keeps records: the accounts, sessions and further tables of an application. Write one against this
// contract and prove it with package storetest.
//
// Every method is safe for concurrent use and may be called from any number of processes on one database. Every
// method honours its context: once it is done, a call ends soon with an error for which errors.Is finds the
// context's own, and has then changed nothing or everything. No match is never an error. Errors are a
// *[ConflictError], [ErrUnavailable], [ErrInvalid] or the context's, wrapped with their cause; a cause may name
// tables and columns, never a value that was stored or looked for.
//
// A Store keeps nothing that it was given and gives out nothing that it keeps. Times are kept to the millisecond
// and come back in UTC. An id or reference that cannot be one in the model's [IDKind] matches nothing in a
// condition and is ErrInvalid in Create and in a Set.
//
// Correctness of a caller never rests on Tx: Create, Update and Take are each one atomic step on their own.
type Store interface {
	// Migrate compares the database with models and returns what is missing: tables, columns, keys. With apply it
	// adds them, in an order that a second process doing the same survives; it never drops or rewrites. A unique
	// key that existing records violate is left out and reported in Plan.Duplicates. Up to date, the plan is empty.
	Migrate(ctx context.Context, models []*Model, apply bool) (Plan, error)

	// Create stores r, a record of m, and returns it as stored, with the id where the store makes it. A
	// *ConflictError names the unique key that another record holds.
	Create(ctx context.Context, m *Model, r Record) (Record, error)

	// Find returns the records that q describes, at most its limit, in its order.
	Find(ctx context.Context, q *Query, args []Value) ([]Record, error)

	// Count returns how many records satisfy the conditions of q, whatever its limit and page; args are those of
	// the conditions alone.
	Count(ctx context.Context, q *Query, args []Value) (int64, error)

	// Update changes the one record that has the key of u if its conditions hold, in one atomic step, and returns
	// the changed record. Of several callers whose conditions exclude each other one succeeds. A record that is
	// gone stays gone.
	Update(ctx context.Context, u *Update, args []Value) (Record, bool, error)

	// Delete removes every record that satisfies the conditions of d, before each those that refer to it by
	// [Model.Dependents], and returns how many records of d's model it removed.
	Delete(ctx context.Context, d *Delete, args []Value) (int64, error)

	// Take removes the one record that has the key of t if its conditions hold, those that refer to it too, and
	// returns it. Of any number of callers one gets it.
	Take(ctx context.Context, t *Take, args []Value) (Record, bool, error)

	// Tx runs f with a context that carries a transaction: calls of this Store with that context belong to it. It
	// commits when f returns nil; when f returns an error or panics it rolls back and returns or panics the same.
	// Inside a transaction Tx is a savepoint. The context of f must not be used by two goroutines at once. A
	// Store that cannot roll back runs f and says so in its documentation and to the kit.
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Joinable is a [Store] that can work inside a transaction which the application began itself and put into the
// context by the store's own Join function.
type Joinable interface {
	// Joined reports whether ctx carries such a transaction.
	Joined(ctx context.Context) bool
}

// A Plan is what a database lacks, in the order in which it is added. The zero Plan means up to date.
type Plan struct {
	Steps      []Step
	Duplicates []Duplicate
}

// StepKind says what a [Step] adds. The zero StepKind is none.
type StepKind uint8

// What a step adds. Without an index calls are slower, without a unique key or a reference the database does not
// enforce it; without anything else calls fail.
const (
	AddSchema    StepKind = iota + 1 // a place for tables
	AddTable                         // a table or collection
	AddColumn                        // a column
	AddDefault                       // a field's default to records that lack the field
	AddReference                     // a foreign key
	AddUnique                        // a unique key
	AddIndex                         // an index
)

// A Step is one thing that Migrate adds.
type Step struct {
	Kind      StepKind
	Summary   string // for a person, as in `add column "plan" to "user"`
	Statement string // what is executed: SQL, or a command in the database's own notation
}

// A Duplicate is a unique key that cannot be added because existing records violate it. The store works without it;
// the promises that rest on the key do not hold until the duplicates are gone and Migrate has run again.
type Duplicate struct {
	Model  string
	Key    Key
	Groups int64    // how many values are held by more than one record
	IDs    []string // ids of some of these records, at most 20
}

// ErrUnavailable says that a store or another server could not be asked or did not answer; whether a change took
// place is then unknown. It never means that a record is missing.
var ErrUnavailable = errors.New("unavailable")

// ErrInvalid says that a call is wrong in itself: a query, a record or an argument that does not fit its model.
var ErrInvalid = errors.New("invalid call")

// A ConflictError says that a record was not written because another holds the same unique key.
type ConflictError struct {
	Model string
	Key   string // the fields joined by commas, as Key.String; "" for a key that no model declares
}

// Error names the model and the key, never a value.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("conflict on %s (%s)", e.Model, e.Key)
}
