package kerniamongo

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

// A plan is a query with all that does not depend on its arguments.
type plan struct {
	*ports.Query
	own      *shape
	followed *shape // nil: the query follows nothing
	ref      int    // the position of the reference
	order    bson.D
	reverse  bool // begin at the followed records, because their conditions name one
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
	p := &plan{Query: q, own: own, order: own.order("", q.Order)}
	if to := q.Followed(); to != nil {
		if p.followed, err = s.shape(to); err != nil {
			return nil, err
		}
		p.ref = q.Model.Field(q.Follow)
		p.reverse = selective(to, q.Where, true) && !selective(q.Model, q.Where, false)
	}
	known, _ := s.plans.LoadOrStore(q, p)
	return known.(*plan), nil
}

// order returns the sort order with ties broken by id, for columns below prefix.
func (sh *shape) order(prefix string, by []ports.Order) bson.D {
	sort, way := bson.D{}, 1
	for _, o := range by {
		way = 1
		if o.Desc {
			way = -1
		}
		column := prefix + sh.field(o.Field).column
		if !slices.ContainsFunc(sort, func(e bson.E) bool { return e.Key == column }) {
			sort = append(sort, bson.E{Key: column, Value: way})
		}
	}
	id := prefix + "_id"
	if !slices.ContainsFunc(sort, func(e bson.E) bool { return e.Key == id }) {
		sort = append(sort, bson.E{Key: id, Value: way})
	}
	return sort
}

// selective reports whether the conditions say what all fields of some unique key must equal.
func selective(m *ports.Model, where []ports.Condition, followed bool) bool {
	equal := func(name string) bool {
		return slices.ContainsFunc(where, func(c ports.Condition) bool {
			return c.Followed == followed && c.Field == name && (c.Op == ports.Eq || c.Op == ports.In)
		})
	}
	for _, k := range append([]ports.Key{{"id"}}, m.Unique...) {
		if !slices.ContainsFunc(k, func(name string) bool { return !equal(name) }) {
			return true
		}
	}
	return false
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
