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

// Migrate compares the database with models: collections, values for fields that existing documents lack, indexes.
// A step's statement is the command that is sent. It cannot be part of a transaction, and each of its commands
// may take as long as ctx allows, because an index on many documents takes time. See [ports.Store].
func (s *Store) Migrate(ctx context.Context, models []*ports.Model, apply bool) (ports.Plan, error) {
	if ctx.Value(txKey{s}) != nil {
		return ports.Plan{}, fail(ctx, "migrate", nil, fmt.Errorf("%w: inside a transaction", ports.ErrInvalid))
	}
	if err := ctx.Err(); err != nil {
		return ports.Plan{}, fail(ctx, "migrate", nil, err)
	}
	has, err := s.ask(ctx)
	if err != nil {
		return ports.Plan{}, fail(ctx, "migrate", nil, err)
	}
	collections, err := s.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return ports.Plan{}, fail(ctx, "migrate", nil, err)
	}
	g := &migration{s: s, ctx: ctx, traits: has, apply: apply, there: map[string]bool{}}
	for _, name := range collections {
		g.there[name] = true
	}
	for _, m := range models {
		if err := g.model(m); err != nil { //nolint:contextcheck // it has ctx, and closes its cursor even when that is over
			return ports.Plan{}, told(fail(ctx, "migrate", m, err), err)
		}
	}
	return g.plan, nil
}

// A migration is one call of Migrate.
type migration struct {
	s      *Store
	ctx    context.Context //nolint:containedctx // of one call
	traits *traits
	apply  bool
	there  map[string]bool // collections
	plan   ports.Plan
}

// step adds one step to the plan and takes it.
func (g *migration) step(kind ports.StepKind, summary string, command bson.D) error {
	text, err := bson.MarshalExtJSON(command, false, false)
	if err != nil {
		return fmt.Errorf("%w: a command that BSON cannot hold", ports.ErrInvalid)
	}
	g.plan.Steps = append(g.plan.Steps, ports.Step{Kind: kind, Summary: summary, Statement: string(text)})
	if !g.apply {
		return nil
	}
	var reply struct {
		WriteErrors []struct {
			Code int32 `bson:"code"`
		} `bson:"writeErrors"`
	}
	if err := g.s.db.RunCommand(g.ctx, command).Decode(&reply); err != nil {
		return fmt.Errorf("%s: %w", summary, err)
	}
	if len(reply.WriteErrors) > 0 { // the command itself succeeded
		return mongo.CommandError{Code: reply.WriteErrors[0].Code}
	}
	return nil
}

func (g *migration) model(m *ports.Model) error {
	t, err := g.s.table(m)
	if err != nil {
		return err
	}
	var indexes []index
	name := t.name
	there := g.there[name]
	if there {
		if err := g.ids(t); err != nil {
			return err
		}
		if err := g.defaults(t); err != nil {
			return err
		}
		if indexes, err = t.indexes(g.ctx); err != nil {
			return err
		}
	} else {
		g.there[name] = true
		err := g.step(ports.AddTable, fmt.Sprintf("create collection %q", name), bson.D{{Key: "create", Value: name}})
		if err != nil && !isCode(err, 48) { // somebody else was quicker
			return err
		}
	}
	for _, want := range g.wanted(t) {
		if want.in(indexes) {
			continue
		}
		indexes = append(indexes, want)
		if err := g.add(t, want, there); err != nil {
			return err
		}
	}
	return nil
}

// ids refuses documents whose id, or a reference, has another type than the model says: they would never be found.
func (g *migration) ids(t *table) error {
	names := map[ports.IDKind]string{ports.IDText: "string", ports.IDUUID: "binData", ports.IDSerial: "number", ports.IDObjectID: "objectId"}
	for i := range t.columns {
		c := &t.columns[i]
		if !c.id {
			continue
		}
		kind := bson.D{{Key: "$type", Value: names[c.kind]}}
		other := bson.D{{Key: c.name, Value: bson.D{{Key: "$ne", Value: nil}, {Key: "$not", Value: kind}}}}
		err := t.coll.FindOne(g.ctx, other, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
		if err == nil {
			return fmt.Errorf("%w: %q of collection %q holds ids of another type than %s, which Config.IDs says",
				ports.ErrInvalid, c.name, t.name, names[c.kind])
		}
		if !errors.Is(err, mongo.ErrNoDocuments) {
			return err
		}
	}
	return nil
}

// defaults gives documents from before a field its default.
func (g *migration) defaults(t *table) error {
	for i := range t.columns {
		f := &t.columns[i]
		def, ok := f.encode(f.field.Default)
		if def == nil || !ok {
			continue
		}
		lacking := bson.D{test(f.name, "$exists", false)}
		err := t.coll.FindOne(g.ctx, lacking, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err != nil {
			return err
		}
		set := bson.D{{Key: "$set", Value: bson.D{{Key: f.name, Value: def}}}}
		err = g.step(ports.AddDefault, fmt.Sprintf("set the default of %q in %q", f.name, t.name), bson.D{
			{Key: "update", Value: t.name},
			{Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: lacking}, {Key: "u", Value: set}, {Key: "multi", Value: true}}}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds an index, unless documents of a collection that was there violate it.
func (g *migration) add(t *table, want index, there bool) error {
	if want.unique && there {
		block, err := g.duplicates(t, want)
		if err != nil {
			return err
		}
		if block.Groups > 0 {
			g.plan.Duplicates = append(g.plan.Duplicates, block)
			return nil
		}
	}
	kind, what := ports.AddIndex, "index"
	if want.unique {
		kind, what = ports.AddUnique, "unique index"
		if err := g.bare(t, want, there); err != nil {
			return err
		}
	}
	err := g.step(kind, fmt.Sprintf("add %s on %q to %q", what, strings.Join(want.columns, ","), t.name), bson.D{
		{Key: "createIndexes", Value: t.name},
		{Key: "indexes", Value: bson.A{want.spec()}},
	})
	if isCode(err, 85) || isCode(err, 86) { // somebody else made one under another name meanwhile
		indexes, again := t.indexes(g.ctx)
		if again == nil && want.in(indexes) {
			g.plan.Steps = g.plan.Steps[:len(g.plan.Steps)-1]
			return nil
		}
		return errors.Join(err, again)
	}
	if want.unique && isDuplicate(err) { // somebody wrote one meanwhile
		block, err := g.duplicates(t, want)
		g.plan.Steps = g.plan.Steps[:len(g.plan.Steps)-1]
		g.plan.Duplicates = append(g.plan.Duplicates, block)
		return err
	}
	return err
}

// bare takes nulls out of the documents where a unique index would count them as equal, which it does on servers
// that have no partial indexes. What is not there is read as null just the same.
func (g *migration) bare(t *table, want index, there bool) error {
	if !g.apply || !there || !g.traits.plainIndexes {
		return nil
	}
	for _, c := range want.columns {
		if f := &t.columns[t.at[c]]; !f.field.Null {
			continue
		}
		_, err := t.coll.UpdateMany(g.ctx, bson.D{{Key: c, Value: nil}}, bson.D{{Key: "$unset", Value: bson.D{{Key: c, Value: ""}}}})
		if err != nil {
			return err
		}
	}
	return nil
}

func isCode(err error, code int) bool {
	var said mongo.ServerError
	return errors.As(err, &said) && said.HasErrorCode(code)
}

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
func (g *migration) wanted(t *table) []index {
	var list []index
	for _, k := range t.model.Unique {
		x := index{columns: t.keyColumns(k), unique: true, key: k}
		for _, name := range k {
			f := t.column(name)
			if f.field.Null && !g.traits.plainIndexes {
				// At least the least of its type: so the server sees that a look-up by a value can use the index.
				x.partial = append(x.partial, test(f.name, "$gte", f.least()))
			}
		}
		list = append(list, x)
	}
	if t.model.Expires != "" && !g.s.options.KeepExpired {
		list = append(list, index{columns: []string{t.column(t.model.Expires).name}, expires: !g.traits.plainIndexes})
	}
	for _, k := range t.model.Index {
		list = append(list, index{columns: t.keyColumns(k), key: k})
	}
	return slices.DeleteFunc(list, func(x index) bool { return slices.Equal(x.columns, []string{"_id"}) })
}

// indexes returns the indexes that are there. Those that order downwards or in other ways are left out, and count
// as not there.
func (t *table) indexes(ctx context.Context) ([]index, error) {
	specs, err := t.coll.Indexes().ListSpecifications(ctx)
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

// duplicates finds documents that agree in all columns of a unique index.
func (g *migration) duplicates(t *table, want index) (ports.Duplicate, error) {
	block := ports.Duplicate{Model: t.model.Name, Key: slices.Clone(want.key)}
	known := &filter{}
	group := bson.D{}
	for i, c := range want.columns {
		known = known.with(c, "$ne", nil)
		group = append(group, bson.E{Key: "k" + string(rune('a'+i)), Value: "$" + c})
	}
	cursor, err := t.coll.Aggregate(g.ctx, mongo.Pipeline{
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
		found, err := t.find(g.ctx, same, bson.D{{Key: "_id", Value: 1}}, int64(most-len(block.IDs)), 0)
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
