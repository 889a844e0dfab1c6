package kerniamongo

import (
	"context"
	"errors"
	"fmt"
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
		return ports.Plan{}, fail(ctx, "migrate", "", fmt.Errorf("%w: inside a transaction", ports.ErrInvalid))
	}
	if err := ctx.Err(); err != nil {
		return ports.Plan{}, fail(ctx, "migrate", "", err)
	}
	has, err := s.ask(ctx)
	if err != nil {
		return ports.Plan{}, fail(ctx, "migrate", "", err)
	}
	collections, err := s.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return ports.Plan{}, fail(ctx, "migrate", "", err)
	}
	g := &migration{s: s, ctx: ctx, traits: has, apply: apply, there: map[string]bool{}}
	for _, name := range collections {
		g.there[name] = true
	}
	for _, m := range models {
		if err := g.model(m); err != nil { //nolint:contextcheck // it has ctx, and closes its cursor even when that is over
			return ports.Plan{}, fail(ctx, "migrate", m.Name, err)
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
		return err
	}
	if len(reply.WriteErrors) > 0 { // the command itself succeeded
		return mongo.CommandError{Code: reply.WriteErrors[0].Code}
	}
	return nil
}

func (g *migration) model(m *ports.Model) error {
	sh, err := g.s.shape(m)
	if err != nil {
		return err
	}
	var indexes []index
	name := m.TableName()
	there := g.there[name]
	if there {
		if err := g.defaults(sh); err != nil {
			return err
		}
		if indexes, err = sh.indexes(g.ctx); err != nil {
			return err
		}
	} else {
		g.there[name] = true
		err := g.step(ports.AddTable, fmt.Sprintf("create collection %q", name), bson.D{{Key: "create", Value: name}})
		if err != nil && !isCode(err, 48) { // somebody else was quicker
			return err
		}
	}
	for _, want := range g.wanted(sh) {
		if want.in(indexes) {
			continue
		}
		indexes = append(indexes, want)
		if err := g.add(sh, want, there); err != nil {
			return err
		}
	}
	return nil
}

// defaults gives documents from before a field its default.
func (g *migration) defaults(sh *shape) error {
	for i := range sh.fields {
		f := &sh.fields[i]
		def, ok := f.encode(f.Default)
		if def == nil || !ok {
			continue
		}
		lacking := bson.D{test(f.column, "$exists", false)}
		err := sh.coll.FindOne(g.ctx, lacking, options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err != nil {
			return err
		}
		set := bson.D{{Key: "$set", Value: bson.D{{Key: f.column, Value: def}}}}
		err = g.step(ports.AddDefault, fmt.Sprintf("set the default of %q in %q", f.column, sh.TableName()), bson.D{
			{Key: "update", Value: sh.TableName()},
			{Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: lacking}, {Key: "u", Value: set}, {Key: "multi", Value: true}}}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds an index, unless documents of a collection that was there violate it.
func (g *migration) add(sh *shape, want index, there bool) error {
	if want.unique && there {
		block, err := g.block(sh, want)
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
		if err := g.bare(sh, want, there); err != nil {
			return err
		}
	}
	err := g.step(kind, fmt.Sprintf("add %s on %q to %q", what, strings.Join(want.columns, ","), sh.TableName()), bson.D{
		{Key: "createIndexes", Value: sh.TableName()},
		{Key: "indexes", Value: bson.A{want.spec()}},
	})
	if isCode(err, 85) || isCode(err, 86) { // somebody else made one under another name meanwhile
		indexes, again := sh.indexes(g.ctx)
		if again == nil && want.in(indexes) {
			g.plan.Steps = g.plan.Steps[:len(g.plan.Steps)-1]
			return nil
		}
		return errors.Join(err, again)
	}
	if want.unique && isDuplicate(err) { // somebody wrote one meanwhile
		block, err := g.block(sh, want)
		g.plan.Steps = g.plan.Steps[:len(g.plan.Steps)-1]
		g.plan.Duplicates = append(g.plan.Duplicates, block)
		return err
	}
	return err
}

// bare takes nulls out of the documents where a unique index would count them as equal, which it does on servers
// that have no partial indexes. What is not there is read as null just the same.
func (g *migration) bare(sh *shape, want index, there bool) error {
	if !g.apply || !there || !g.traits.plainIndexes {
		return nil
	}
	for _, c := range want.columns {
		if f := &sh.fields[sh.columns[c]]; !f.Null {
			continue
		}
		_, err := sh.coll.UpdateMany(g.ctx, bson.D{{Key: c, Value: nil}}, bson.D{{Key: "$unset", Value: bson.D{{Key: c, Value: ""}}}})
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
