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

// slack is how long the server keeps what has expired, in seconds: one day, so that its clock decides nothing.
const slack = 24 * 60 * 60

// An index is one index of a collection, there or wanted.
type index struct {
	columns []string
	unique  bool
	key     ports.Key // of the model; nil for the index that expires
	partial bson.D    // documents that a unique index is about; nil: all
	expires bool
}

// indexName returns the name that drivers give an index.
func indexName(columns []string) string {
	if slices.Equal(columns, []string{"_id"}) {
		return "_id_"
	}
	return strings.Join(columns, "_1_") + "_1"
}

// uniqueName returns the name of a unique index, which may stand beside one that is not.
func uniqueName(columns []string) string { return indexName(columns) + "_unique" }

// in reports whether the index is among those that are there. One that is unique serves look-ups too.
func (x index) in(there []index) bool {
	return slices.ContainsFunc(there, func(t index) bool {
		return slices.Equal(t.columns, x.columns) && (t.unique || !x.unique)
	})
}

// spec returns the index as createIndexes takes it.
func (x index) spec() bson.D {
	key := bson.D{}
	for _, c := range x.columns {
		key = append(key, bson.E{Key: c, Value: 1})
	}
	name := indexName(x.columns)
	if x.unique {
		name = uniqueName(x.columns)
	}
	spec := bson.D{{Key: "key", Value: key}, {Key: "name", Value: name}}
	if x.unique {
		spec = append(spec, bson.E{Key: "unique", Value: true})
	}
	if x.partial != nil {
		spec = append(spec, bson.E{Key: "partialFilterExpression", Value: x.partial})
	}
	if x.expires {
		spec = append(spec, bson.E{Key: "expireAfterSeconds", Value: slack})
	}
	return spec
}

// wanted returns the indexes that the model should have.
func (g *migration) wanted(sh *shape) []index {
	var list []index
	for _, k := range sh.Unique {
		x := index{columns: sh.keyColumns(k), unique: true, key: k}
		for _, name := range k {
			f := sh.field(name)
			if f.Null && !g.traits.plainIndexes {
				// At least the least of its type: so the server sees that a look-up by a value can use the index.
				x.partial = append(x.partial, test(f.column, "$gte", f.least()))
			}
		}
		list = append(list, x)
	}
	if sh.Expires != "" && !g.s.options.KeepExpired {
		list = append(list, index{columns: []string{sh.field(sh.Expires).column}, expires: !g.traits.plainIndexes})
	}
	for _, k := range sh.Index {
		list = append(list, index{columns: sh.keyColumns(k), key: k})
	}
	return slices.DeleteFunc(list, func(x index) bool { return slices.Equal(x.columns, []string{"_id"}) })
}

// indexes returns the indexes that are there. Those that order downwards or in other ways are left out, and count
// as not there.
func (sh *shape) indexes(ctx context.Context) ([]index, error) {
	specs, err := sh.coll.Indexes().ListSpecifications(ctx)
	if err != nil {
		return nil, err
	}
	var list []index
	for _, spec := range specs {
		x := index{unique: spec.Unique != nil && *spec.Unique}
		elements, err := spec.KeysDocument.Elements()
		if err != nil {
			return nil, err
		}
		for _, e := range elements {
			if way, ok := e.Value().AsInt64OK(); !ok || way != 1 {
				x.columns = nil
				break
			}
			x.columns = append(x.columns, e.Key())
		}
		if x.columns != nil {
			list = append(list, x)
		}
	}
	return list, nil
}

// block finds documents that agree in all columns of a unique index.
func (g *migration) block(sh *shape, want index) (ports.Duplicate, error) {
	block := ports.Duplicate{Model: sh.Name, Key: slices.Clone(want.key)}
	known := &filter{}
	group := bson.D{}
	for i, c := range want.columns {
		known = known.with(c, "$ne", nil)
		group = append(group, bson.E{Key: "k" + string(rune('a'+i)), Value: "$" + c})
	}
	cursor, err := sh.coll.Aggregate(g.ctx, mongo.Pipeline{
		{{Key: "$match", Value: known.doc()}},
		{{Key: "$group", Value: bson.D{{Key: "_id", Value: group}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}}},
		{{Key: "$match", Value: bson.D{test("n", "$gt", 1)}}},
	}, options.Aggregate().SetAllowDiskUse(true))
	if err != nil {
		return block, err
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(g.ctx)) }()
	for cursor.Next(g.ctx) {
		block.Groups++
		if len(block.IDs) >= most {
			continue
		}
		same := &filter{}
		values, err := cursor.Current.Lookup("_id").Document().Values()
		if err != nil || len(values) != len(want.columns) {
			return block, errors.Join(ports.ErrUnavailable, err)
		}
		for i, c := range want.columns {
			same = same.with(c, "$eq", values[i])
		}
		found, err := sh.find(g.ctx, same, bson.D{{Key: "_id", Value: 1}}, int64(most-len(block.IDs)), 0)
		if err != nil {
			return block, err
		}
		for _, r := range found {
			block.IDs = append(block.IDs, r[0].AsString())
		}
	}
	return block, cursor.Err()
}

const most = 20 // ids that a Block names
