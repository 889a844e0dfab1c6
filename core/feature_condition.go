package kernia

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// conditionWords are the comparisons as Where, Change and Consume write them behind the name of a field.
var conditionWords = map[string]ports.Condition{
	"": {Op: ports.Eq}, "=": {Op: ports.Eq}, "!=": {Op: ports.Ne}, "<": {Op: ports.Lt}, "<=": {Op: ports.Le},
	">": {Op: ports.Gt}, ">=": {Op: ports.Ge}, "in": {Op: ports.In}, "not in": {Op: ports.NotIn},
	"is null": {Op: ports.Null}, "is not null": {Op: ports.NotNull},
	"contains": {Op: ports.Contains}, "starts with": {Op: ports.StartsWith}, "ends with": {Op: ports.EndsWith},
	"contains fold":    {Op: ports.Contains, Fold: true},
	"starts with fold": {Op: ports.StartsWith, Fold: true}, "ends with fold": {Op: ports.EndsWith, Fold: true},
}

// maxValues is the most values that one list among the arguments may have.
const maxValues = 1000

// errLate says that a look-up or a step was declared in a request: stores would keep a plan for each.
var errLate = fmt.Errorf("%w: look-ups and steps are declared in Declare, once", ports.ErrInvalid)

// where is the conditions of a look-up or a step.
type where struct {
	list     []ports.Condition // In and NotIn with one value
	prefixes []string          // of each: the reference whose model the field belongs to, or ""
	err      error
}

func parseWhere(conditions []string) where {
	w := where{}
	lists := 0
	for _, text := range conditions {
		field, words, _ := strings.Cut(strings.TrimSpace(text), " ")
		c, ok := conditionWords[strings.Join(strings.Fields(words), " ")]
		if !ok {
			w.err = fmt.Errorf("%w: %q is no condition", ports.ErrInvalid, text)
			return w
		}
		prefix, name, followed := strings.Cut(field, ".")
		if !followed {
			prefix, name = "", field
		}
		c.Field, c.Followed = name, followed
		if c.Op == ports.In || c.Op == ports.NotIn {
			c.Count = 1
			lists++
		}
		w.list, w.prefixes = append(w.list, c), append(w.prefixes, prefix)
	}
	if lists > 2 { // a store keeps a plan for each combination of lengths
		w.err = fmt.Errorf("%w: more than two conditions take a list", ports.ErrInvalid)
	}
	return w
}

// check reports what is wrong with the conditions of a look-up that follows the named reference, or "".
func (w *where) check(follow string) error {
	if w.err != nil {
		return w.err
	}
	for _, prefix := range w.prefixes {
		if prefix != "" && prefix != follow {
			return fmt.Errorf("%w: a condition on a field of %q, which is not followed", ports.ErrInvalid, prefix)
		}
	}
	return nil
}

// bound is conditions with their arguments. The key tells conditions with lists of other lengths apart; lengths are
// rounded up to a power of two, so that there are few.
type bound struct {
	where  []ports.Condition
	values []ports.Value
	rest   []any // the arguments behind those of the conditions
	key    string
}

// bind takes the arguments of the conditions from args.
func (w *where) bind(m, followed *ports.Model, args []any) (bound, error) {
	b := bound{where: w.list, values: make([]ports.Value, 0, len(args)+2), rest: args}
	for i, c := range w.list {
		if c.Args() == 0 {
			continue
		}
		of := m
		if c.Followed {
			of = followed
		}
		if len(b.rest) == 0 {
			return b, fmt.Errorf("%w: no argument for %q.%q", ports.ErrInvalid, of.Name, c.Field)
		}
		arg, at := b.rest[0], of.Field(c.Field)
		b.rest = b.rest[1:]
		if c.Count > 0 {
			if err := b.bindList(i, of, at, arg); err != nil {
				return b, err
			}
			continue
		}
		v, err := valueFor(of, at, arg)
		if err != nil {
			return b, err
		}
		b.values = append(b.values, v)
	}
	return b, nil
}

// bindList takes the list that condition i compares with. No field is in an empty list.
func (b *bound) bindList(i int, m *ports.Model, at int, arg any) error {
	list := reflect.ValueOf(arg)
	if list.Kind() != reflect.Slice || list.Len() > maxValues {
		return fmt.Errorf("%w: %q.%q is compared with a list of at most %d values", ports.ErrInvalid, m.Name, m.Fields[at].Name, maxValues)
	}
	b.where = slices.Clone(b.where)
	c := &b.where[i]
	n := list.Len()
	if n == 0 {
		b.key += "0 "
		if c.Op == ports.NotIn {
			c.Op, c.Count = ports.NotNull, 0
			return nil
		}
		b.values = append(b.values, ports.Value{}) // null, which equals nothing
		return nil
	}
	c.Count = 1 << bits.Len(uint(n-1))
	b.key += strconv.Itoa(c.Count) + " "
	for j := range c.Count {
		v, err := valueFor(m, at, list.Index(min(j, n-1)).Interface())
		if err != nil {
			return err
		}
		b.values = append(b.values, v)
	}
	return nil
}

// done reports arguments that nothing takes.
func (b *bound) done(m *ports.Model) error {
	if len(b.rest) > 0 {
		return fmt.Errorf("%w: %d arguments too many for %q", ports.ErrInvalid, len(b.rest), m.Name)
	}
	return nil
}

// valueFor returns arg as a value of field i of m: a string, a bool, an int, an int64, a time.Time, a []string, a
// json.RawMessage, a pointer to one of them, a ports.Value, or nil for null.
func valueFor(m *ports.Model, i int, arg any) (ports.Value, error) {
	f := &m.Fields[i]
	var v ports.Value
	switch arg := arg.(type) {
	case nil:
		return v, nil
	case ports.Value:
		v = arg
	case int:
		v = ports.Int(int64(arg))
	default:
		if typeOf(arg) != f.Type {
			return v, fmt.Errorf("%w: %q.%q is a %s, not a %T", ports.ErrInvalid, m.Name, f.Name, f.Type, arg)
		}
		v = toValue(arg)
	}
	if !v.IsNull() && v.Type() != f.Type {
		return v, fmt.Errorf("%w: %q.%q is a %s, not a %s", ports.ErrInvalid, m.Name, f.Name, f.Type, v.Type())
	}
	if v.Type() == ports.TypeJSON && !json.Valid([]byte(v.AsJSON())) {
		return v, fmt.Errorf("%w: %q.%q is not JSON", ports.ErrInvalid, m.Name, f.Name)
	}
	return v, nil
}

// plans keeps what stores get by address: one for every key, so that a store prepares each once.
type plans[P any] struct {
	mu   sync.Mutex
	kept map[string]*P
}

func (p *plans[P]) of(key string, build func() P) *P {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := p.kept[key]; kept != nil {
		return kept
	}
	if p.kept == nil {
		p.kept = map[string]*P{}
	}
	made := build()
	p.kept[key] = &made
	return &made
}
