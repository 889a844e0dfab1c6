package kerniamongo

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// isDuplicate reports whether err says that a unique key is held by another document.
func isDuplicate(err error) bool {
	if mongo.IsDuplicateKeyError(err) {
		return true
	}
	var said mongo.ServerError // FerretDB 1 reports a duplicate on update as an internal error
	return errors.As(err, &said) && said.HasErrorCodeWithMessage(1, "UNIQUE constraint failed")
}

// conflict returns the ConflictError for a duplicate that the server reported for a document of sh holding values.
func (sh *shape) conflict(ctx context.Context, err error, values ports.Record, created bool) *ports.ConflictError {
	if key, ok := sh.named(err); ok {
		return &ports.ConflictError{Model: sh.Name, Key: key}
	}
	return &ports.ConflictError{Model: sh.Name, Key: sh.probe(ctx, values, created)}
}

// named returns the key that the server names in err; ok is false where it names none, or one of no model's.
func (sh *shape) named(err error) (key string, ok bool) {
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
	for _, k := range append([]ports.Key{{"id"}}, sh.Unique...) {
		if of := sh.keyColumns(k); slices.Equal(of, columns) || columns == nil && (mentions(err, indexName(of)) || mentions(err, uniqueName(of))) {
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
func (sh *shape) keyColumns(k ports.Key) []string {
	columns := make([]string, len(k))
	for i, name := range k {
		columns[i] = sh.field(name).column
	}
	return columns
}

// probe finds which key of values another document holds, for a server that does not say it; "" where none does
// any more. A document that is not created was there under its id before.
func (sh *shape) probe(ctx context.Context, values ports.Record, created bool) string {
	there, _ := sh.indexes(ctx) // a key that Migrate had to leave out is held by many, and refuses nobody
	keys := slices.DeleteFunc(slices.Clone(sh.Unique), func(k ports.Key) bool {
		return !index{columns: sh.keyColumns(k), unique: true}.in(there)
	})
	if created {
		keys = append([]ports.Key{{"id"}}, keys...)
	}
	for _, k := range keys {
		f := &filter{}
		for _, name := range k {
			i := sh.Model.Field(name)
			f.add(&sh.fields[i], "", ports.Condition{}, values[i:i+1])
		}
		if !created {
			f.add(&sh.fields[0], "", ports.Condition{Op: ports.Ne}, values[:1])
		}
		only := options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})
		if !f.never && sh.coll.FindOne(ctx, f.doc(), only).Err() == nil {
			return k.String()
		}
	}
	return ""
}
