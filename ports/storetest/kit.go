package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// patience is how long a promise may take.
const patience = 2 * time.Minute

// A tester is what the kit needs of *testing.T, so that the kit's own test can watch promises fail.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
	Name() string
}

// A kit is what one promise is proved with: a database of its own and the models of the kit.
type kit struct {
	tester
	options
	*schema
	ctx      context.Context //nolint:containedctx // a kit lives as long as its one subtest
	open     func(name string) ports.Store
	opened   *ports.Store // by the first open; of a store of one process the only one
	database string
	made     *atomic.Int64
	wait     time.Duration // for one call that must end by itself
}

func newKit(t tester, o options, open func(name string) ports.Store) *kit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &kit{
		tester: t, options: o, schema: newSchema(ports.IDText), ctx: ctx, open: open, opened: new(ports.Store),
		database: databaseName(t.Name()), made: new(atomic.Int64),
		wait: 5 * time.Second,
	}
}

// databaseName returns a name that no test used before and that says which test uses it.
func databaseName(test string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test[strings.LastIndex(test, "/")+1:]))
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails
	return "k" + hex.EncodeToString(b[:]) + "_" + name[:min(len(name), 36)]
}

// A db is one Store value on the kit's database. Its methods end the test where the store fails.
type db struct {
	*kit
	ports.Store
}

// store opens the database and migrates models, all of the kit's where none are given.
func (k *kit) store(models ...*ports.Model) db {
	k.Helper()
	if len(models) == 0 {
		models = k.all()
	}
	d := k.again()
	plan, err := d.Migrate(k.ctx, models, true)
	if err != nil || len(plan.Duplicates) > 0 {
		k.Fatalf("Migrate of an empty database: blocked %v, error %v", plan.Duplicates, err)
	}
	return d
}

// again opens the database as one more Store value, or gives out the one that a store of one process can have.
func (k *kit) again() db {
	if *k.opened == nil || !k.alone {
		*k.opened = k.open(k.database)
	}
	return db{k, *k.opened}
}

// with returns the kit with models whose ids are of another kind.
func (k *kit) with(kind ports.IDKind) *kit {
	c := *k
	c.schema = newSchema(kind)
	return &c
}

// values are the fields of a record by name.
type values map[string]ports.Value

// record returns a record of m with the given values: what is missing is null where it may be, else made up and
// different from all that was made up before.
func (k *kit) record(m *ports.Model, v values) ports.Record {
	r := make(ports.Record, len(m.Fields))
	for i := range m.Fields {
		f := &m.Fields[i]
		given, ok := v[f.Name]
		kind, isID := m.IDKind(i)
		switch {
		case ok:
			r[i] = given
		case f.Null || i == 0 && m.ID.Stored():
		case isID:
			r[i] = ports.String(k.newID(kind))
		case f.Type == ports.TypeString:
			r[i] = ports.String(fmt.Sprintf("%s-%d", f.Name, k.made.Add(1)))
		default:
			r[i] = zero(f.Type)
		}
	}
	for name := range v {
		if m.Field(name) < 0 {
			panic("storetest: no field " + name)
		}
	}
	return r
}

func zero(t ports.Type) ports.Value {
	return map[ports.Type]ports.Value{
		ports.TypeBool: ports.Bool(false), ports.TypeInt: ports.Int(0), ports.TypeTime: ports.Time(noon()),
		ports.TypeJSON: ports.JSON("{}"), ports.TypeList: ports.List(nil),
	}[t]
}

// newID returns an id of a form that the caller makes, or one that no record has.
func (k *kit) newID(kind ports.IDKind) string {
	n := k.made.Add(1)
	switch kind {
	case ports.IDUUID:
		return fmt.Sprintf("0190163d-8694-4abc-8def-%012x", n)
	case ports.IDSerial:
		return strconv.FormatInt(1_000_000+n, 10)
	case ports.IDObjectID:
		return fmt.Sprintf("ffffffff%016x", n)
	}
	return fmt.Sprintf("id-%06d", n)
}

// whole is record with the records that it refers to, so that a database may insist on them.
func (d db) whole(m *ports.Model, v values) ports.Record {
	d.Helper()
	filled := maps.Clone(v)
	for i := range m.Fields {
		f := &m.Fields[i]
		if _, given := v[f.Name]; f.References != nil && !f.Null && !given {
			if filled == nil {
				filled = values{}
			}
			filled[f.Name] = d.add(f.References, nil)[0]
		}
	}
	return d.record(m, filled)
}

// add creates a record.
func (d db) add(m *ports.Model, v values) ports.Record {
	d.Helper()
	r, err := d.Create(d.ctx, m, d.whole(m, v))
	if err != nil {
		d.Fatalf("Create of %q: %v", m.Name, err)
	}
	if len(r) != len(m.Fields) {
		d.Fatalf("Create of %q returned %d values, want %d", m.Name, len(r), len(m.Fields))
	}
	return r
}

// all finds the records of a query.
func (d db) all(q *ports.Query, args ...ports.Value) []ports.Record {
	d.Helper()
	rs, err := d.Find(d.ctx, q, args)
	if err != nil {
		d.Fatalf("Find of %q: %v", q.Model.Name, err)
	}
	want := len(q.Model.Fields)
	if f := q.Followed(); f != nil {
		want += len(f.Fields)
	}
	for _, r := range rs {
		if len(r) != want {
			d.Fatalf("Find of %q returned a record of %d values, want %d", q.Model.Name, len(r), want)
		}
	}
	return rs
}

// get finds the record of m with an id.
func (d db) get(m *ports.Model, id ports.Value) (ports.Record, bool) {
	d.Helper()
	rs := d.all(query(m, cond("id", ports.Eq)), id)
	if len(rs) == 0 {
		return nil, false
	}
	return rs[0], true
}

// size counts the records of a query.
func (d db) size(q *ports.Query, args ...ports.Value) int64 {
	d.Helper()
	n, err := d.Count(d.ctx, q, args)
	if err != nil {
		d.Fatalf("Count of %q: %v", q.Model.Name, err)
	}
	return n
}

// set updates a record.
func (d db) set(m *ports.Update, args ...ports.Value) (ports.Record, bool) {
	d.Helper()
	r, ok, err := d.Update(d.ctx, m, args)
	if err != nil {
		d.Fatalf("Update of %q: %v", m.Model.Name, err)
	}
	if ok && len(r) != len(m.Model.Fields) {
		d.Fatalf("Update of %q returned %d values, want %d", m.Model.Name, len(r), len(m.Model.Fields))
	}
	return r, ok
}

// pull takes a record.
func (d db) pull(m *ports.Take, args ...ports.Value) (ports.Record, bool) {
	d.Helper()
	r, ok, err := d.Take(d.ctx, m, args)
	if err != nil {
		d.Fatalf("Take of %q: %v", m.Model.Name, err)
	}
	if ok && len(r) != len(m.Model.Fields) {
		d.Fatalf("Take of %q returned %d values, want %d", m.Model.Name, len(r), len(m.Model.Fields))
	}
	return r, ok
}

// drop deletes the records that m describes.
func (d db) drop(m *ports.Delete, args ...ports.Value) int64 {
	d.Helper()
	n, err := d.Delete(d.ctx, m, args)
	if err != nil {
		d.Fatalf("Delete of %q: %v", m.Model.Name, err)
	}
	return n
}

// race calls f n times at once and returns how many calls said true.
func (k *kit) race(n int, f func(i int) bool) int64 {
	var won atomic.Int64
	var done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		done.Go(func() {
			<-start
			if f(i) {
				won.Add(1)
			}
		})
	}
	close(start)
	done.Wait()
	return won.Load()
}

// query finds up to 1000 records by conditions.
func query(m *ports.Model, where ...ports.Condition) *ports.Query {
	return &ports.Query{Model: m, Where: where, Limit: 1000}
}

// cond is one condition; In and NotIn take two arguments.
func cond(field string, op ports.Op) ports.Condition {
	c := ports.Condition{Field: field, Op: op}
	if op == ports.In || op == ports.NotIn {
		c.Count = 2
	}
	return c
}

// byID is the key that every model has.
func byID() ports.Key { return ports.Key{"id"} }

// taken addresses a record to take.
func taken(m *ports.Model, key ports.Key, where ...ports.Condition) *ports.Take {
	return &ports.Take{Model: m, Key: key, Where: where}
}

// changed addresses a record by id to set one field, or to add to it where the name begins with a plus sign.
func changed(m *ports.Model, field string, where ...ports.Condition) *ports.Update {
	name, add := strings.CutPrefix(field, "+")
	return &ports.Update{Model: m, Key: byID(), Where: where, Set: []ports.Change{{Field: name, Add: add}}}
}

// deleted describes records to delete.
func deleted(m *ports.Model, where ...ports.Condition) *ports.Delete {
	return &ports.Delete{Model: m, Where: where}
}

// at returns the named field of a record.
func at(m *ports.Model, r ports.Record, field string) ports.Value { return r[m.Field(field)] }

// want ends in an error where two records differ; JSON is compared by its meaning.
func (k *kit) want(what string, got, want ports.Record) {
	k.Helper()
	if !sameRecord(got, want) {
		k.Errorf("%s = %s, want %s", what, show(got), show(want))
	}
}

func sameRecord(a, b ports.Record) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameValue(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameValue(a, b ports.Value) bool {
	if a.Type() != ports.TypeJSON || b.Type() != ports.TypeJSON {
		return a.Equal(b)
	}
	return reflect.DeepEqual(meaning(a.AsJSON()), meaning(b.AsJSON()))
}

func meaning(text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err
	}
	return v
}

// show writes a record for a person.
func show(r ports.Record) string {
	b := []byte{'['}
	for i, v := range r {
		if i > 0 {
			b = append(b, ' ')
		}
		b = v.AppendJSON(b)
	}
	if len(b) > 500 {
		b = append(b[:500], "..."...)
	}
	return string(append(b, ']'))
}
