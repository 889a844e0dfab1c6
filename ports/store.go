package ports

import (
	"context"
	"errors"
	"fmt"
)

// A Store keeps records: users, accounts, sessions and the tables of features. Write your own against this contract,
// and prove it with package storetest.
//
// Every method is safe for concurrent use, by any number of processes on one database. When its context is done, a
// call soon ends with an error that wraps the context's own; it has then changed everything or nothing. No match is
// never an error. Errors are a *[ConflictError], a *[RefusedError], [ErrUnavailable], [ErrInvalid] or the context's own,
// wrapped with their cause. A cause may name tables and columns, but never contains a value.
//
// A Store copies its arguments and returns copies. Times have millisecond precision and are returned in UTC. An id or
// reference that is invalid in the model's [IDKind] matches nothing in a condition, and is ErrInvalid in Create and in
// a Set. Any other value of its field's type that the store cannot keep is a *RefusedError there.
//
// Callers never depend on Tx for correctness: Create, Update and Take are each one atomic step.
type Store interface {
	// Migrate compares the database with models and returns what is missing: tables, columns, keys. With apply it also
	// adds them; several processes may do so at once. It never drops or rewrites anything. A unique key that existing
	// records violate is left out and reported in Plan.Duplicates. If the database is up to date, the plan is empty.
	Migrate(ctx context.Context, models []*Model, apply bool) (Plan, error)

	// Create stores r, a record of m, and returns it as stored, with its id if the store makes the ids. If another
	// record has the same value of a unique key, the error is a *ConflictError that names the key.
	Create(ctx context.Context, m *Model, r Record) (Record, error)

	// Find returns the records that match q, in its order, at most its limit.
	Find(ctx context.Context, q *Query, args []Value) ([]Record, error)

	// Count returns how many records satisfy the conditions of q. It ignores limit and page; args are those of the
	// conditions only.
	Count(ctx context.Context, q *Query, args []Value) (int64, error)

	// Update changes the one record with the key of u if the conditions hold, in one atomic step, and returns the
	// changed record. If the conditions of several callers exclude each other, only one succeeds. A deleted record is
	// never created again.
	Update(ctx context.Context, u *Update, args []Value) (Record, bool, error)

	// Delete removes every record that satisfies the conditions of d. Before each record it removes those that refer to
	// it, by [Model.Dependents]. It returns how many records of d's model it removed.
	Delete(ctx context.Context, d *Delete, args []Value) (int64, error)

	// Take removes the one record with the key of t if the conditions hold, together with those that refer to it, and
	// returns it. Only one caller gets it, however many try at once.
	Take(ctx context.Context, t *Take, args []Value) (Record, bool, error)

	// Tx runs f with a context that carries a transaction; calls of this Store with that context belong to it. It
	// commits if f returns nil. If f returns an error or panics, it rolls back, and returns the error or panics again.
	// Inside a transaction, Tx is a savepoint. Two goroutines must not use the context of f at once. A Store that
	// cannot roll back runs f all the same, and says so in its documentation and to the kit.
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Joinable is a [Store] that can work inside the application's own transaction. The application puts the transaction
// into the context by the store's Join function.
type Joinable interface {
	// Joined reports whether ctx carries such a transaction.
	Joined(ctx context.Context) bool
}

// A Plan lists what is missing in a database, in the order in which it is added. The zero Plan means that nothing is.
type Plan struct {
	Steps      []Step
	Duplicates []Duplicate
}

// StepKind says what a [Step] adds. The zero StepKind is none.
type StepKind uint8

// What a step adds. A missing index makes calls slower. A missing unique key or reference is not enforced by the
// database. If anything else is missing, calls fail.
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
	Summary   string // for people, as in `add column "plan" to "user"`
	Statement string // what is executed: SQL, or a command in the database's own notation
}

// A Duplicate is a unique key that cannot be added because existing records violate it. The store works without the
// key, but does not enforce it until the duplicates are removed and Migrate has run again.
type Duplicate struct {
	Model  string
	Key    Key
	Groups int64    // how many values more than one record has
	IDs    []string // ids of some of these records, at most 20
}

// ErrUnavailable says that a store or another server did not answer. Whether it made a change is then unknown. It never
// means that a record is missing.
var ErrUnavailable = errors.New("unavailable")

// ErrInvalid says that the call itself is wrong: a query, a record or an argument does not fit its model.
var ErrInvalid = errors.New("invalid call")

// A ConflictError says that a record was not written because another record has the same value of a unique key.
type ConflictError struct {
	Model string
	Key   string // its fields joined by commas, as Key.String writes them; "" for a key that no model declares
}

// A RefusedError says that the database does not accept a value of a record: the column is too narrow, a rule that the
// application gave it does not hold, or the database has no form for the value. It wraps [ErrInvalid]. Callers take it
// for a mistake of whoever gave the value.
type RefusedError struct {
	Model string
	Field string // "" where the database does not tell which
}

// Error names the model and the field, never a value.
func (e *RefusedError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%q refuses a value", e.Model)
	}
	return fmt.Sprintf("%q.%q refuses the value", e.Model, e.Field)
}

// Unwrap returns ErrInvalid.
func (e *RefusedError) Unwrap() error { return ErrInvalid }

// Error names the model and the key, never a value.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("conflict on %s (%s)", e.Model, e.Key)
}
