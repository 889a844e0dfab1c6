package kerniamongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// Update changes the record that u addresses if its conditions hold. See
// [ports.Store].
func (s *Store) Update(ctx context.Context, u *ports.Update, args []ports.Value) (ports.Record, bool, error) {
	sh, f, err := s.address(u, u.Model, u.Key, u.Conditions(), args)
	if err != nil {
		return nil, false, fail(ctx, "update", name(u.Model), err)
	}
	values := args[len(args)-len(u.Set):]
	change, err := sh.change(u.Set, values)
	if err != nil {
		return nil, false, fail(ctx, "update", u.Model.Name, err)
	}
	var r ports.Record
	err = s.do(ctx, func(call context.Context) (err error) {
		if f.never {
			return nil
		}
		r, err = change.apply(call, f)
		if isDuplicate(err) {
			return sh.conflict(call, err, change.after(call, f), false)
		}
		return err
	})
	if err != nil {
		return nil, false, fail(ctx, "update", u.Model.Name, err)
	}
	return r, r != nil, nil
}

// Take removes the record that t addresses if its conditions hold, then what refers to it. See [ports.Store].
func (s *Store) Take(ctx context.Context, t *ports.Take, args []ports.Value) (ports.Record, bool, error) {
	sh, f, err := s.address(t, t.Model, t.Key, t.Where, args)
	if err != nil {
		return nil, false, fail(ctx, "take", name(t.Model), err)
	}
	var r ports.Record
	err = s.do(ctx, func(call context.Context) error {
		if f.never {
			return nil
		}
		return s.together(call, len(t.Model.Dependents) > 0, func(call context.Context) (err error) {
			r, err = s.take(call, sh, f)
			return err
		})
	})
	if err != nil {
		return nil, false, fail(ctx, "take", t.Model.Name, err)
	}
	return r, r != nil, nil
}

// take removes the one document of f and then what refers to it: the first step decides who gets it.
func (s *Store) take(ctx context.Context, sh *shape, f *filter) (ports.Record, error) {
	doc, err := sh.coll.FindOneAndDelete(ctx, f.doc()).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := sh.record(doc)
	if err == nil && len(sh.Dependents) > 0 {
		_, err = s.removal(ctx, sh).referrers(sh, bson.A{doc.Lookup("_id")}) //nolint:contextcheck // it has ctx, and closes its cursor even when that is over
	}
	return r, err
}

// A call is an update, a delete or a take.
type call interface {
	Check() error
	CheckArgs(args []ports.Value) error
}

// address checks a call, once, and its arguments, and returns the filter by key and conditions.
func (s *Store) address(c call, m *ports.Model, key ports.Key, conditions []ports.Condition, args []ports.Value) (*shape, *filter, error) {
	if _, ok := s.checked.Load(c); !ok {
		if err := c.Check(); err != nil {
			return nil, nil, err
		}
		s.checked.Store(c, nil)
	}
	if err := c.CheckArgs(args); err != nil {
		return nil, nil, err
	}
	sh, err := s.shape(m)
	if err != nil {
		return nil, nil, err
	}
	where := make([]ports.Condition, 0, len(key)+len(conditions))
	for _, name := range key {
		where = append(where, ports.Condition{Field: name})
	}
	where = append(where, conditions...)
	if tooLong(where, args) {
		return nil, nil, fmt.Errorf("%w: a text of over %d bytes to be contained", ports.ErrInvalid, longest)
	}
	return sh, sh.filter(where, args), nil
}

// A change is what an update writes.
type change struct {
	*shape
	set, unset bson.D
	add        []addition
}

type addition struct {
	*field
	n int64
}

// change returns the changes with their values; of two to one field the last one counts.
func (sh *shape) change(changes []ports.Change, values []ports.Value) (*change, error) {
	ch := &change{shape: sh}
	for i, c := range changes {
		f := sh.field(c.Field)
		if slices.ContainsFunc(changes[i+1:], func(later ports.Change) bool { return later.Field == c.Field }) {
			return nil, fmt.Errorf("%w: %q.%q is changed twice", ports.ErrInvalid, sh.Name, f.Name)
		}
		in, ok := f.encode(values[i])
		switch {
		case !ok:
			return nil, fmt.Errorf("%w: %q.%q cannot hold such text", ports.ErrInvalid, sh.Name, f.Name)
		case c.Add:
			ch.add = append(ch.add, addition{f, values[i].AsInt()})
		case in == nil && !f.explicit:
			ch.unset = append(ch.unset, bson.E{Key: f.column, Value: ""})
		default:
			ch.set = append(ch.set, bson.E{Key: f.column, Value: in})
		}
	}
	return ch, nil
}

// apply makes the change to the one document of f and returns the changed record, nil where there is none. The server
// refuses to add to a null that is written out and takes one that is left out for zero: f excludes both.
func (ch *change) apply(ctx context.Context, f *filter) (ports.Record, error) {
	after := options.FindOneAndUpdate().SetReturnDocument(options.After)
	doc, err := ch.coll.FindOneAndUpdate(ctx, f.doc(), ch.operators(), after).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ch.record(doc)
}

// operators returns the change as the server takes it.
func (ch *change) operators() bson.D {
	var inc, update bson.D
	for _, a := range ch.add {
		inc = append(inc, bson.E{Key: a.column, Value: a.n})
	}
	for _, op := range []bson.E{{Key: "$set", Value: ch.set}, {Key: "$unset", Value: ch.unset}, {Key: "$inc", Value: inc}} {
		if len(op.Value.(bson.D)) > 0 {
			update = append(update, op)
		}
	}
	return update
}

// after returns the record of f as the change would have left it, for finding out what it ran into.
func (ch *change) after(ctx context.Context, f *filter) ports.Record {
	doc, err := ch.coll.FindOne(ctx, f.doc()).Raw()
	if err != nil {
		return make(ports.Record, len(ch.fields))
	}
	r, err := ch.record(doc)
	if err != nil {
		return make(ports.Record, len(ch.fields))
	}
	for _, e := range ch.set {
		i := ch.columns[e.Key]
		raw, _ := bson.Marshal(bson.D{e}) // it has been sent before
		r[i], _ = ch.fields[i].decode(bson.Raw(raw).Lookup(e.Key))
	}
	for _, e := range ch.unset {
		r[ch.columns[e.Key]] = ports.Value{}
	}
	for _, a := range ch.add {
		i := ch.columns[a.column]
		r[i] = ports.Int(r[i].AsInt() + a.n)
	}
	return r
}
