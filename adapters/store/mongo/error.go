package kerniamongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// refusals are the codes by which a server says that the command itself is wrong, as a sum out of range is.
// Every other code, from "shutting down" to "not authorized", means that the store could not be asked.
var refusals = [...]int{
	2,  // BadValue
	9,  // FailedToParse
	14, // TypeMismatch
}

// unfit are the codes by which a server says that it takes no such document.
var unfit = [...]int{
	121,   // DocumentValidationFailure, by a validator of the application's
	10334, // BSONObjectTooLarge
	17280, // KeyTooLong
	17419, // the changed document is too large
	17420, // the new document is too large
}

// fail returns err as an error of ports. ctx is the caller's, without the Store's own time limit. What a server
// says may hold values, so its message is never part of an error, only its code and the code's name.
func fail(ctx context.Context, doing string, m *ports.Model, err error) error {
	if m != nil {
		doing += " " + m.Name
	}
	if gone := ctx.Err(); gone != nil {
		return fmt.Errorf("kerniamongo: %s: %w", doing, gone)
	}
	var known *ports.ConflictError
	var said mongo.ServerError
	switch {
	case errors.Is(err, ports.ErrInvalid), errors.Is(err, ports.ErrUnavailable), errors.As(err, &known):
		return fmt.Errorf("kerniamongo: %s: %w", doing, err)
	case errors.As(err, &said):
		code, name := codeOf(err)
		kind := ports.ErrUnavailable
		switch {
		case slices.Contains(unfit[:], code) && m != nil:
			kind = &ports.RefusedError{Model: m.Name, Field: invalidField(m, err)}
		case slices.Contains(refusals[:], code):
			kind = ports.ErrInvalid
		}
		return fmt.Errorf("kerniamongo: %s: %w: the server answered %d %s", doing, kind, code, name)
	}
	if _, ok := errors.AsType[mongo.MarshalError](err); ok {
		return fmt.Errorf("kerniamongo: %s: %w: a value that BSON cannot hold", doing, ports.ErrInvalid)
	}
	return fmt.Errorf("kerniamongo: %s: %w: %v", doing, ports.ErrUnavailable, err) //nolint:errorlint // a deadline in it is the Store's own and must not look like the caller's
}

// invalidField returns the field of which the server says that a validator refuses its value, "" where it says none.
func invalidField(m *ports.Model, err error) string {
	for _, raw := range replies(err) {
		rules, _ := raw.Lookup("errInfo", "details", "schemaRulesNotSatisfied", "0", "propertiesNotSatisfied", "0", "propertyName").StringValueOK()
		for i := range m.Fields {
			if rules == m.Fields[i].ColumnName() {
				return m.Fields[i].Name
			}
		}
	}
	return ""
}

// told adds the server's own words to failed, which is what fail makes of err: for commands of Migrate, which hold no
// stranger's value. What follows "dup key" would be one.
func told(failed, err error) error {
	command, ok := errors.AsType[mongo.CommandError](err)
	if !ok || command.Message == "" {
		return failed
	}
	words, _, _ := strings.Cut(command.Message, " dup key")
	doing, _, _ := strings.Cut(err.Error(), ": ")
	return fmt.Errorf("%w: %s: %s", failed, doing, words)
}

// codeOf returns the code of a server's error and its name.
func codeOf(err error) (code int, name string) {
	if command, ok := errors.AsType[mongo.CommandError](err); ok {
		return int(command.Code), command.Name
	}
	if write, ok := errors.AsType[mongo.WriteException](err); ok {
		if write.WriteConcernError != nil {
			return write.WriteConcernError.Code, write.WriteConcernError.Name
		}
		for _, e := range write.WriteErrors {
			return e.Code, ""
		}
	}
	return 0, ""
}

// isDuplicate reports whether err says that a unique key is held by another document.
func isDuplicate(err error) bool {
	if mongo.IsDuplicateKeyError(err) {
		return true
	}
	var said mongo.ServerError // FerretDB 1 reports a duplicate on update as an internal error
	return errors.As(err, &said) && said.HasErrorCodeWithMessage(1, "UNIQUE constraint failed")
}

// conflict returns the ConflictError for a duplicate that the server reported for a document of t holding values.
func (t *table) conflict(ctx context.Context, err error, values ports.Record, created bool) *ports.ConflictError {
	if key, ok := t.named(err); ok {
		return &ports.ConflictError{Model: t.model.Name, Key: key}
	}
	return &ports.ConflictError{Model: t.model.Name, Key: t.probe(ctx, values, created)}
}

// named returns the key that the server names in err; ok is false where it names none, or one of no model's.
func (t *table) named(err error) (key string, ok bool) {
	var columns []string
	for _, raw := range replies(err) {
		pattern, found := raw.Lookup("keyPattern").DocumentOK()
		if !found {
			continue
		}
		elements, _ := pattern.Elements()
		for _, e := range elements {
			columns = append(columns, e.Key())
		}
	}
	for _, k := range append([]ports.Key{{"id"}}, t.model.Unique...) {
		if of := t.keyColumns(k); slices.Equal(of, columns) || columns == nil && (mentions(err, indexName(of)) || mentions(err, uniqueName(of))) {
			return k.String(), true
		}
	}
	return "", false
}

// replies returns what the server said, document by document.
func replies(err error) []bson.Raw {
	if command, ok := errors.AsType[mongo.CommandError](err); ok {
		return []bson.Raw{command.Raw}
	}
	var list []bson.Raw
	if write, ok := errors.AsType[mongo.WriteException](err); ok {
		for _, e := range write.WriteErrors {
			list = append(list, e.Raw)
		}
	}
	return list
}

// mentions reports whether a server too old to send the pattern names the index in its message. Values come after
// "dup key", so what a stranger wrote is not searched.
func mentions(err error, index string) bool {
	text, _, _ := strings.Cut(err.Error(), " dup key")
	return strings.HasSuffix(text, " index: "+index)
}

// keyColumns returns the document keys of a model's key.
func (t *table) keyColumns(k ports.Key) []string {
	columns := make([]string, len(k))
	for i, name := range k {
		columns[i] = t.column(name).name
	}
	return columns
}

// probe finds which key of values another document holds, for a server that does not say it; "" where none does
// any more. A document that is not created was there under its id before.
func (t *table) probe(ctx context.Context, values ports.Record, created bool) string {
	there, _ := t.indexes(ctx) // a key that Migrate had to leave out is held by many, and refuses nobody
	keys := slices.DeleteFunc(slices.Clone(t.model.Unique), func(k ports.Key) bool {
		return !index{columns: t.keyColumns(k), unique: true}.in(there)
	})
	if created {
		keys = append([]ports.Key{{"id"}}, keys...)
	}
	for _, k := range keys {
		f := &filter{}
		for _, name := range k {
			i := t.model.Field(name)
			f.add(&t.columns[i], "", ports.Condition{}, values[i:i+1])
		}
		if !created {
			f.add(&t.columns[0], "", ports.Condition{Op: ports.Ne}, values[:1])
		}
		only := options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})
		if !f.never && t.coll.FindOne(ctx, f.doc(), only).Err() == nil {
			return k.String()
		}
	}
	return ""
}
