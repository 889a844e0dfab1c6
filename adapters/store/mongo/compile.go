package kerniamongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"github.com/kernia-go/kernia/ports"
)

// A table is a model as the database keeps it.
type table struct {
	model   *ports.Model
	name    string // of the collection
	coll    *mongo.Collection
	columns []column
	at      map[string]int // positions by the keys of documents
}

// table returns the table of m, checking m the first time.
func (s *Store) table(m *ports.Model) (*table, error) {
	if t, ok := s.tables.Load(m); ok {
		return t.(*table), nil
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	t := &table{model: m, name: s.options.Prefix + m.TableName(), at: map[string]int{}}
	t.coll = s.db.Collection(t.name)
	for i := range m.Fields {
		c := column{field: &m.Fields[i], name: m.Fields[i].ColumnName()}
		c.kind, c.id = m.IDKind(i)
		c.explicit = c.field.Null && (!c.field.Default.IsNull() || !slices.ContainsFunc(m.Unique, func(k ports.Key) bool { return slices.Contains(k, c.field.Name) }))
		if i == 0 {
			c.name = "_id"
		}
		t.at[c.name] = i
		t.columns = append(t.columns, c)
	}
	known, _ := s.tables.LoadOrStore(m, t)
	return known.(*table), nil
}

// column returns the column of the field of that name, which the model has.
func (t *table) column(name string) *column { return &t.columns[t.model.Field(name)] }

// A query is a [ports.Query] with all that does not depend on its arguments.
type query struct {
	*ports.Query
	own      *table
	followed *table // nil: the query follows nothing
	ref      int    // the position of the reference
	by       []ports.Order
	order    bson.D // by, as the server takes it
	few      int64  // how many records there are at most while the model's keys hold; 0: not known, or many
	reverse  bool   // begin at the followed records, because their conditions name one
}

// query returns what q is compiled to, checking q the first time.
func (s *Store) query(q *ports.Query) (*query, error) {
	if p, ok := s.queries.Load(q); ok {
		return p.(*query), nil
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	own, err := s.table(q.Model)
	if err != nil {
		return nil, err
	}
	p := &query{Query: q, own: own, by: q.Sort(), order: own.order("", q.Sort())}
	keyed := selected(q.Model, q.Where, false)
	if keyed <= batch {
		p.few = keyed
	}
	if to := q.Followed(); to != nil {
		if p.followed, err = s.table(to); err != nil {
			return nil, err
		}
		p.ref = q.Model.Field(q.Follow)
		p.reverse = keyed == 0 && selected(to, q.Where, true) > 0
	}
	if q.Once {
		return p, nil
	}
	known, _ := s.queries.LoadOrStore(q, p)
	return known.(*query), nil
}

// order returns the sort order for columns below prefix.
func (t *table) order(prefix string, by []ports.Order) bson.D {
	sort := bson.D{}
	for _, o := range by {
		way := 1
		if o.Desc {
			way = -1
		}
		column := prefix + t.column(o.Field).name
		if !slices.ContainsFunc(sort, func(e bson.E) bool { return e.Key == column }) {
			sort = append(sort, bson.E{Key: column, Value: way})
		}
	}
	return sort
}

// selected returns how many records the conditions can hold for, by what they say all fields of some unique key must
// equal; 0 where they do not.
func selected(m *ports.Model, where []ports.Condition, followed bool) int64 {
	for _, k := range append([]ports.Key{{"id"}}, m.Unique...) {
		n := int64(1)
		for _, name := range k {
			n = min(n*values(where, name, followed), batch+1)
		}
		if n > 0 {
			return n
		}
	}
	return 0
}

// values returns how many values the conditions allow a field to have; 0: any number.
func values(where []ports.Condition, name string, followed bool) int64 {
	for _, c := range where {
		if c.Followed == followed && c.Field == name && (c.Op == ports.Eq || c.Op == ports.In) {
			return int64(c.Args())
		}
	}
	return 0
}

// sorted returns what read finds, in the query's order. Where keys leave few records the server need not sort: they
// are read without an order and sorted here. That more come than the key allows means that the database lacks the
// key; then the server sorts after all.
func (p *query) sorted(limit, offset int64, read func(order bool, limit, offset int64) ([]ports.Record, error)) ([]ports.Record, error) {
	if p.few > 0 {
		found, err := read(false, p.few+1, 0)
		if err != nil {
			return nil, err
		}
		if n := int64(len(found)); n <= p.few {
			slices.SortFunc(found, p.compare)
			found = found[min(offset, n):]
			return found[:min(limit, int64(len(found)))], nil
		}
	}
	return read(true, limit, offset)
}

// compare orders records as the server does by p.order.
func (p *query) compare(a, b ports.Record) int {
	for _, o := range p.by {
		if c := p.own.compare(p.Model.Field(o.Field), a, b); c != 0 {
			return turned(c, o.Desc)
		}
	}
	return 0
}

func (t *table) compare(i int, a, b ports.Record) int {
	f := &t.columns[i]
	if f.id && f.kind == ports.IDSerial && !a[i].IsNull() && !b[i].IsNull() {
		x, _ := strconv.ParseInt(a[i].AsString(), 10, 64)
		y, _ := strconv.ParseInt(b[i].AsString(), 10, 64)
		return cmp.Compare(x, y)
	}
	return a[i].Compare(b[i]) // the text of UUIDs and object ids sorts as their bytes do
}

func turned(c int, down bool) int {
	if down {
		return -c
	}
	return c
}

// A call is an update, a delete or a take.
type call interface {
	Check() error
	CheckArgs(args []ports.Value) error
}

// address checks a call, once, and its arguments, and returns the filter by key and conditions.
func (s *Store) address(c call, m *ports.Model, key ports.Key, conditions []ports.Condition, args []ports.Value) (*table, *filter, error) {
	if _, ok := s.checked.Load(c); !ok {
		if err := c.Check(); err != nil {
			return nil, nil, err
		}
		s.checked.Store(c, nil)
	}
	if err := c.CheckArgs(args); err != nil {
		return nil, nil, err
	}
	t, err := s.table(m)
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
	return t, t.filter(where, args), nil
}

// A change is what an update writes.
type change struct {
	*table
	set, unset bson.D
	add        []addition
}

type addition struct {
	*column
	n int64
}

// change returns the changes with their values; of two to one field the last one counts.
func (t *table) change(changes []ports.Change, values []ports.Value) (*change, error) {
	ch := &change{table: t}
	for i, c := range changes {
		f := t.column(c.Field)
		if slices.ContainsFunc(changes[i+1:], func(later ports.Change) bool { return later.Field == c.Field }) {
			return nil, fmt.Errorf("%w: %q.%q is changed twice", ports.ErrInvalid, t.model.Name, f.field.Name)
		}
		in, ok := f.encode(values[i])
		switch {
		case !ok:
			return nil, &ports.RefusedError{Model: t.model.Name, Field: f.field.Name}
		case c.Add:
			ch.add = append(ch.add, addition{f, values[i].AsInt()})
		case in == nil && !f.explicit:
			ch.unset = append(ch.unset, bson.E{Key: f.name, Value: ""})
		default:
			ch.set = append(ch.set, bson.E{Key: f.name, Value: in})
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
		inc = append(inc, bson.E{Key: a.name, Value: a.n})
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
		return make(ports.Record, len(ch.columns))
	}
	r, err := ch.record(doc)
	if err != nil {
		return make(ports.Record, len(ch.columns))
	}
	for _, e := range ch.set {
		i := ch.at[e.Key]
		raw, _ := bson.Marshal(bson.D{e}) // it has been sent before
		r[i], _ = ch.columns[i].decode(bson.Raw(raw).Lookup(e.Key))
	}
	for _, e := range ch.unset {
		r[ch.at[e.Key]] = ports.Value{}
	}
	for _, a := range ch.add {
		i := ch.at[a.name]
		r[i] = ports.Int(r[i].AsInt() + a.n)
	}
	return r
}
