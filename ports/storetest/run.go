package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/ports"
)

// Run proves that the stores which open returns keep the contract of [ports.Store]. Within one test the same name
// opens the same database again, as another process would; a name that was not used before opens an empty
// database; a store that cannot be opened twice says [OneProcess]. Names are at most 50 lower-case letters, digits and underscores and differ from run to run. What a
// store must close or drop it hands to t.Cleanup. Migrate must be able to make every table from nothing, without
// foreign keys: the kit stores references that lead nowhere.
func Run(t *testing.T, open func(t *testing.T, name string) ports.Store, opts ...Option) {
	o := newOptions(opts)
	for _, name := range o.only {
		if !slices.ContainsFunc(groups(), func(g group) bool { return g.name == name }) {
			t.Fatalf("storetest: there is no group %q", name)
		}
	}
	if o.only != nil {
		t.Log("of the kit's groups, only these run here:", strings.Join(o.only, ", "))
	}
	for _, g := range groups() {
		if o.only != nil && !slices.Contains(o.only, g.name) {
			continue
		}
		t.Run(g.name, func(t *testing.T) {
			if g.name == "Join" && o.begin == nil {
				if wrong := o.undeclared(open(t, databaseName(t.Name()))); wrong != "" {
					t.Fatal(wrong)
				}
			}
			for _, p := range g.promises {
				t.Run(p.name, func(t *testing.T) {
					if lack := o.lacks(p); lack != "" {
						t.Skip(lack)
					}
					p.prove(newKit(t, o, func(name string) ports.Store { return open(t, name) }))
				})
			}
		})
	}
}

// A promise is one sentence of the contract and its proof.
type promise struct {
	name     string // in the present tense, with the attacks it withstands
	prove    func(k *kit)
	rollback bool         // only for stores that roll back
	kind     ports.IDKind // only for stores that keep such ids
	join     bool         // only for stores that join transactions
	explain  bool         // only for stores that explain queries
}

type group struct {
	name     string
	promises []promise
}

// groups returns every promise, one group a file.
func groups() []group {
	return []group{
		{"Create", creating()},
		{"Find", finding()},
		{"Operators", operators()},
		{"Follow", following()},
		{"Update", updating()},
		{"Take", taking()},
		{"Delete", deleting()},
		{"Unique", unique()},
		{"Values", keeping()},
		{"IDs", identifying()},
		{"Names", naming()},
		{"Migrate", migrating()},
		{"Keys", lookingUp()},
		{"Tx", transacting()},
		{"Join", joining()},
		{"Context", cancelling()},
		{"Errors", refusing()},
		{"Random", comparing()},
	}
}

// An Option says what a store can or cannot do, or what is proved elsewhere. Options are [NoRollback], [OneProcess] and
// those that [IDs], [Joining], [Explaining] and [Groups] return.
type Option func(*options)

type options struct {
	rollback bool
	alone    bool
	kinds    []ports.IDKind
	only     []string // groups; nil: all
	begin    JoinFunc
	explain  ExplainFunc
}

// NoRollback is for a store whose Tx runs the function and cannot undo what it did.
func NoRollback(o *options) { o.rollback = false }

// OneProcess is for a store whose database cannot be opened twice, as one in memory: within one test the kit opens it
// once. Its documentation says that it is for one process.
func OneProcess(o *options) { o.alone = true }

// IDs says which forms of ids the store keeps; without it the kit tries text and UUIDs. Text is always tried.
func IDs(kinds ...ports.IDKind) Option {
	return func(o *options) { o.kinds = append([]ports.IDKind{ports.IDText}, kinds...) }
}

// Groups leaves out all but the named groups of promises, which [Run] shows as its first level of subtests, "Values"
// among them. It is for a second Run of a store that differs from a full one in one respect: name the groups that
// depend on it. A name that no group has fails the test, and the log says what ran.
func Groups(names ...string) Option {
	return func(o *options) { o.only = append([]string{}, names...) }
}

func newOptions(opts []Option) options {
	o := options{rollback: true, kinds: []ports.IDKind{ports.IDText, ports.IDUUID}}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// lacks returns what the store lacks for a promise, or "".
func (o options) lacks(p promise) string {
	switch {
	case p.rollback && !o.rollback:
		return "the store says that it cannot roll back"
	case p.join && o.begin == nil:
		return "the store joins no transaction of an application"
	case p.explain && o.explain == nil:
		return "the store does not say how it runs a query"
	case !slices.Contains(o.kinds, p.kind):
		return "the store does not say that it keeps ids of the form " + kindName(p.kind)
	}
	return ""
}

func kindName(kind ports.IDKind) string { return [...]string{"Text", "UUID", "Serial", "Object"}[kind] }
