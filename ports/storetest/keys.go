package storetest

import (
	"context"

	"github.com/kernia-go/kernia/ports"
)

// An ExplainFunc asks a database how it runs the query of a Find: plan is its answer, and indexed says whether it finds
// the records by an index, rather than by reading all of them. Few records may make it read them all; the function
// tells the database not to.
type ExplainFunc func(ctx context.Context, s ports.Store, q *ports.Query, args []ports.Value) (plan string, indexed bool, err error)

// Explaining is for a store whose database can say how it runs a query.
func Explaining(explain ExplainFunc) Option { return func(o *options) { o.explain = explain } }

func lookingUp() []promise {
	return []promise{
		{name: "LooksUpByIDs", prove: func(k *kit) { looksUp(k, func(*ports.Model) []ports.Key { return []ports.Key{byID()} }) }, explain: true},
		{name: "LooksUpByUniqueKeys", prove: func(k *kit) { looksUp(k, func(m *ports.Model) []ports.Key { return m.Unique }) }, explain: true},
		{name: "LooksUpByIndexes", prove: func(k *kit) { looksUp(k, func(m *ports.Model) []ports.Key { return m.Index }) }, explain: true},
	}
}

func looksUp(k *kit, keys func(m *ports.Model) []ports.Key) {
	d := k.store()
	for _, m := range k.all() {
		for _, key := range keys(m) {
			q := query(m)
			var args []ports.Value
			for _, name := range key {
				q.Where = append(q.Where, cond(name, ports.Eq))
				args = append(args, ports.String("x"))
			}
			plan, indexed, err := k.explain(k.ctx, d.Store, q, args)
			if err != nil {
				k.Fatalf("explaining: %v", err)
			}
			if !indexed {
				k.Errorf("a look-up in %q by (%s) reads every record: %s", m.Name, key, plan)
			}
		}
	}
}
