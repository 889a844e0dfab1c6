package kerniamongo

import (
	"cmp"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

// A plan is a query with all that does not depend on its arguments.
type plan struct {
	*ports.Query
	own      *shape
	followed *shape // nil: the query follows nothing
	ref      int    // the position of the reference
	by       []ports.Order
	order    bson.D // by, as the server takes it
	few      int64  // how many records there are at most while the model's keys hold; 0: not known, or many
	reverse  bool   // begin at the followed records, because their conditions name one
}

// plan returns the plan of q, checking q the first time.
func (s *Store) plan(q *ports.Query) (*plan, error) {
	if p, ok := s.plans.Load(q); ok {
		return p.(*plan), nil
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	own, err := s.shape(q.Model)
	if err != nil {
		return nil, err
	}
	p := &plan{Query: q, own: own, by: q.Sort(), order: own.order("", q.Sort())}
	keyed := selected(q.Model, q.Where, false)
	if keyed <= batch {
		p.few = keyed
	}
	if to := q.Followed(); to != nil {
		if p.followed, err = s.shape(to); err != nil {
			return nil, err
		}
		p.ref = q.Model.Field(q.Follow)
		p.reverse = keyed == 0 && selected(to, q.Where, true) > 0
	}
	if q.Once {
		return p, nil
	}
	known, _ := s.plans.LoadOrStore(q, p)
	return known.(*plan), nil
}

// order returns the sort order for columns below prefix.
func (sh *shape) order(prefix string, by []ports.Order) bson.D {
	sort := bson.D{}
	for _, o := range by {
		way := 1
		if o.Desc {
			way = -1
		}
		column := prefix + sh.field(o.Field).column
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
func (p *plan) sorted(limit, offset int64, read func(order bool, limit, offset int64) ([]ports.Record, error)) ([]ports.Record, error) {
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
func (p *plan) compare(a, b ports.Record) int {
	for _, o := range p.by {
		if c := p.own.compare(p.Model.Field(o.Field), a, b); c != 0 {
			return turned(c, o.Desc)
		}
	}
	return 0
}

func (sh *shape) compare(i int, a, b ports.Record) int {
	f := &sh.fields[i]
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

// filters returns the conditions on the query's own records and those on the followed ones, each with its columns
// below its prefix.
func (p *plan) filters(args []ports.Value, below, followedBelow string) (own, followed *filter) {
	own, followed = &filter{}, &filter{}
	for _, c := range p.Where {
		mine := args[:c.Args()]
		args = args[c.Args():]
		if c.Followed {
			followed.add(p.followed.field(c.Field), followedBelow, c, mine)
		} else {
			own.add(p.own.field(c.Field), below, c, mine)
		}
	}
	return own, followed
}
