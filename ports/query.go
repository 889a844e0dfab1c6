package ports

import "fmt"

// Op is how a condition compares a field with its argument. The zero Op is [Eq].
type Op uint8

// The comparisons. A null field satisfies only Null. A null argument satisfies nothing. In ignores a null among its
// arguments; NotIn with a null among its arguments matches nothing, as Ne does.
const (
	Eq         Op = iota // equal
	Ne                   // not null and not equal
	Lt                   // before
	Le                   // before or equal
	Gt                   // after
	Ge                   // after or equal
	In                   // equal to one of Condition.Count arguments
	NotIn                // not null and equal to none of Condition.Count arguments
	Null                 // null; takes no argument
	NotNull              // not null; takes no argument
	Contains             // a string that contains the argument
	StartsWith           // a string that starts with the argument
	EndsWith             // a string that ends with the argument
)

// A Condition is what one field of a record must satisfy. Strings compare byte by byte, so case matters, and no character
// of an argument is a wildcard, not even % or _. Null and NotNull work on all fields; Eq, Ne, In and NotIn on all except
// JSON and lists; Lt, Le, Gt and Ge on strings, numbers and times; Contains, StartsWith and EndsWith on strings. An id
// or a reference does not count as a string here: it has no order and no parts.
type Condition struct {
	Field    string
	Followed bool // the field belongs to the model that the query follows to
	Op       Op
	Count    int  // for In and NotIn: the number of arguments, at least 1
	Fold     bool // for Contains, StartsWith and EndsWith: the letters A to Z match in either case, and no other letters
}

// An Order sorts by one field of the query's own model: nulls first, then the smallest first. Desc reverses this.
type Order struct {
	Field string
	Desc  bool
}

// A Query describes which records to find. It is built once and passed by address, separately from its arguments, so that
// a store can keep a prepared statement under the address. It never changes after its first use. A query that is built at
// run time, such as a search, sets Once.
//
// Arguments come in the order of the conditions: one each, none for Null and NotNull, Count for In and NotIn. If Paged is
// set, two integers follow: a limit (1 or more, at most Limit) and an offset (0 or more).
type Query struct {
	Model  *Model
	Where  []Condition // all must hold
	Follow string      // a reference field of Model: each record is returned together with the record it refers to (an inner join); "" for none
	Order  []Order     // see Sort for ties
	Limit  int         // the most records to return; at least 1
	Paged  bool        // the arguments end with a limit and an offset
	Once   bool        // the query is used once: a store caches nothing under its address, neither plan nor statement
}

// A Change is one field that an update writes.
type Change struct {
	Field string
	Add   bool // add the argument to the integer field instead of setting it; a record whose field is null does not match
}

// An Update describes how to change one record. Like a [Query] it is built once and passed by address.
//
// Arguments come in the order of Key, then of Where, then of Set. The conditions follow no reference. They apply to the
// record before the change, in the same atomic step.
type Update struct {
	Model *Model
	Key   Key         // the id or a declared unique key, compared by Eq
	Where []Condition // all must hold
	Set   []Change    // at least one field, never the id
}

// A Take describes which record to remove and return. Like a [Query] it is built once and passed by address.
//
// Arguments come in the order of Key, then of Where. The conditions follow no reference. They apply in the same atomic
// step as the removal.
type Take struct {
	Model *Model
	Key   Key         // the id or a declared unique key, compared by Eq
	Where []Condition // all must hold
}

// A Delete describes which records to remove. Like a [Query] it is built once and passed by address. Arguments come
// in the order of Where.
type Delete struct {
	Model *Model
	Where []Condition // all must hold, and none follows a reference; no conditions mean every record
}

// Conditions returns Where and, for each field to add to that may be null, the condition that it is not null. These
// further conditions take no arguments.
func (u *Update) Conditions() []Condition {
	where := u.Where
	for _, c := range u.Set {
		if c.Add && u.Model.Fields[u.Model.Field(c.Field)].Null {
			where = append(where[:len(where):len(where)], Condition{Field: c.Field, Op: NotNull})
		}
	}
	return where
}

// follows returns the model that the query follows to, or nil.
func (q *Query) follows() *Model {
	if i := q.Model.Field(q.Follow); q.Follow != "" && i >= 0 {
		return q.Model.Fields[i].References
	}
	return nil
}

// Sort returns the full sort order: Order and then, to break ties, the id in the direction of the last Order. The id is
// not added if Order has it already.
func (q *Query) Sort() []Order {
	tie := Order{Field: "id"}
	for _, o := range q.Order {
		if o.Field == "id" {
			return q.Order
		}
		tie.Desc = o.Desc
	}
	return append(q.Order[:len(q.Order):len(q.Order)], tie)
}

// Followed returns the model that the query follows to, or nil if it follows no reference.
func (q *Query) Followed() *Model { return q.follows() }

// Check returns nil, or an error wrapping [ErrInvalid] that says what is wrong with the query. A store calls it once,
// when it first sees the query.
func (q *Query) Check() error {
	if q.Model == nil {
		return fmt.Errorf("%w: a query without a model", ErrInvalid)
	}
	if q.Limit < 1 {
		return fmt.Errorf("%w: a query on %q without a limit", ErrInvalid, q.Model.Name)
	}
	if q.Follow != "" && q.follows() == nil {
		return fmt.Errorf("%w: %q.%q is no reference to follow", ErrInvalid, q.Model.Name, q.Follow)
	}
	for _, o := range q.Order {
		i := q.Model.Field(o.Field)
		if i < 0 || q.Model.Fields[i].Type == TypeJSON || q.Model.Fields[i].Type == TypeList {
			return fmt.Errorf("%w: cannot order %q by %q", ErrInvalid, q.Model.Name, o.Field)
		}
	}
	return checkWhere(q.Model, q.follows(), q.Where)
}

// Check returns nil, or an error wrapping [ErrInvalid] that says what is wrong with the update.
func (u *Update) Check() error {
	if err := checkKey("update", u.Model, u.Key); err != nil {
		return err
	}
	if len(u.Set) == 0 {
		return fmt.Errorf("%w: an update of %q that sets nothing", ErrInvalid, u.Model.Name)
	}
	for _, c := range u.Set {
		i := u.Model.Field(c.Field)
		if i < 1 || c.Add && u.Model.Fields[i].Type != TypeInt {
			return fmt.Errorf("%w: cannot set %q.%q", ErrInvalid, u.Model.Name, c.Field)
		}
	}
	return checkWhere(u.Model, nil, u.Where)
}

// Check returns nil, or an error wrapping [ErrInvalid] that says what is wrong with the take.
func (t *Take) Check() error {
	if err := checkKey("take", t.Model, t.Key); err != nil {
		return err
	}
	return checkWhere(t.Model, nil, t.Where)
}

// Check returns nil, or an error wrapping [ErrInvalid] that says what is wrong with the delete.
func (d *Delete) Check() error {
	if d.Model == nil {
		return fmt.Errorf("%w: a delete without a model", ErrInvalid)
	}
	return checkWhere(d.Model, nil, d.Where)
}

func checkKey(verb string, m *Model, k Key) error {
	if m == nil {
		return fmt.Errorf("%w: %s without a model", ErrInvalid, verb)
	}
	if !m.unique(k) {
		return fmt.Errorf("%w: %s of %q by key %q, which is not unique", ErrInvalid, verb, m.Name, k)
	}
	return nil
}

func (m *Model) unique(k Key) bool {
	if len(k) == 1 && k[0] == "id" {
		return true
	}
	for _, u := range m.Unique {
		if u.String() == k.String() {
			return true
		}
	}
	return false
}

func checkWhere(m, followed *Model, where []Condition) error {
	for _, c := range where {
		of := m
		if c.Followed {
			of = followed
		}
		if of == nil {
			return fmt.Errorf("%w: condition on %q follows nothing", ErrInvalid, c.Field)
		}
		i := of.Field(c.Field)
		if i < 0 || c.Op > EndsWith || (c.Op == In || c.Op == NotIn) && c.Count < 1 {
			return fmt.Errorf("%w: no such condition on %q.%q", ErrInvalid, of.Name, c.Field)
		}
		_, id := of.IDKind(i)
		ok := true
		switch c.Op {
		case Lt, Le, Gt, Ge:
			t := of.Fields[i].Type
			ok = !id && (t == TypeString || t == TypeInt || t == TypeTime)
		case Contains, StartsWith, EndsWith:
			ok = !id && of.Fields[i].Type == TypeString
		case Eq, Ne, In, NotIn:
			ok = of.Fields[i].Type != TypeJSON && of.Fields[i].Type != TypeList
		}
		if !ok || c.Fold && c.Op < Contains {
			return fmt.Errorf("%w: %q.%q cannot be compared so", ErrInvalid, of.Name, c.Field)
		}
	}
	return nil
}

// CheckArgs returns an error wrapping [ErrInvalid] if args do not fit the query: there are too many or too few, or one has
// another type than its field. A null argument is allowed in every condition, and satisfies none.
func (q *Query) CheckArgs(args []Value) error {
	rest, err := takeWhere(q.Model, q.follows(), q.Where, args)
	if err != nil {
		return err
	}
	if !q.Paged {
		return done(q.Model, rest)
	}
	if len(rest) != 2 || rest[0].Type() != TypeInt || rest[1].Type() != TypeInt || rest[0].AsInt() < 1 || rest[1].AsInt() < 0 {
		return fmt.Errorf("%w: a page of %q needs a limit and an offset", ErrInvalid, q.Model.Name)
	}
	return nil
}

// CheckArgs returns an error wrapping [ErrInvalid] if args do not fit the update: there are too many or too few, one has
// another type than its field, or one is null although the field cannot be null or is a number to add.
func (u *Update) CheckArgs(args []Value) error {
	rest, err := takeAddress(u.Model, u.Key, u.Where, args)
	if err != nil {
		return err
	}
	for _, c := range u.Set {
		f := u.Model.Fields[u.Model.Field(c.Field)]
		if len(rest) == 0 || !fits(rest[0], f.Type) || rest[0].IsNull() && (!f.Null || c.Add) {
			return fmt.Errorf("%w: value for %q.%q", ErrInvalid, u.Model.Name, c.Field)
		}
		rest = rest[1:]
	}
	return done(u.Model, rest)
}

// CheckArgs returns an error wrapping [ErrInvalid] if args do not fit the take: there are too many or too few, or one has
// another type than its field.
func (t *Take) CheckArgs(args []Value) error {
	rest, err := takeAddress(t.Model, t.Key, t.Where, args)
	if err != nil {
		return err
	}
	return done(t.Model, rest)
}

// CheckArgs returns an error wrapping [ErrInvalid] if args do not fit the delete: there are too many or too few, or one
// has another type than its field.
func (d *Delete) CheckArgs(args []Value) error {
	rest, err := takeWhere(d.Model, nil, d.Where, args)
	if err != nil {
		return err
	}
	return done(d.Model, rest)
}

// takeAddress cuts the arguments of a key and of conditions off args.
func takeAddress(m *Model, k Key, where []Condition, args []Value) ([]Value, error) {
	for _, name := range k {
		if len(args) == 0 || !fits(args[0], m.Fields[m.Field(name)].Type) {
			return nil, fmt.Errorf("%w: key %q of %q", ErrInvalid, k, m.Name)
		}
		args = args[1:]
	}
	return takeWhere(m, nil, where, args)
}

// Page returns the limit and offset of a call: the last two arguments if the query is Paged, otherwise Limit and 0. Call
// CheckArgs first.
func (q *Query) Page(args []Value) (limit, offset int64) {
	if !q.Paged {
		return int64(q.Limit), 0
	}
	n := len(args)
	return min(args[n-2].AsInt(), int64(q.Limit)), args[n-1].AsInt()
}

// Args returns how many arguments the condition takes.
func (c Condition) Args() int {
	switch c.Op {
	case Null, NotNull:
		return 0
	case In, NotIn:
		return c.Count
	}
	return 1
}

func takeWhere(m, followed *Model, where []Condition, args []Value) ([]Value, error) {
	for _, c := range where {
		of := m
		if c.Followed {
			of = followed
		}
		for range c.Args() {
			if len(args) == 0 || !fits(args[0], of.Fields[of.Field(c.Field)].Type) {
				return nil, fmt.Errorf("%w: argument for %q.%q", ErrInvalid, of.Name, c.Field)
			}
			args = args[1:]
		}
	}
	return args, nil
}

func fits(v Value, t Type) bool { return v.IsNull() || v.Type() == t }

func done(m *Model, rest []Value) error {
	if len(rest) > 0 {
		return fmt.Errorf("%w: %d arguments too many for %q", ErrInvalid, len(rest), m.Name)
	}
	return nil
}
