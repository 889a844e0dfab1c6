package kernia

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// ErrUserQuery says that a [UserQuery] asks for what there is not: an unknown field or operator, or a value of another
// type than its field.
var ErrUserQuery = &Error{Kind: Invalid, Code: "INVALID_USER_QUERY", Message: "Invalid user query"}

// Bounds of a UserQuery.
const (
	defaultUsers   = 100
	maxUserText    = 1000 // bytes of a text to look for
	maxUserFilters = 20
)

// A UserQuery says which users to list: those that satisfy the search and every filter. Its parts may come from a
// client. The zero UserQuery is the first 100 users in the order of their creation.
type UserQuery struct {
	Search   string // a text to look for; "" searches nothing. A to Z match in either case
	SearchIn string // "email", which "" means, or "name"
	SearchBy string // "contains", which "" means, "starts_with" or "ends_with"

	Filters []UserFilter

	SortBy string // any field that has an order, by bytes; "" means "createdAt"
	Desc   bool   // largest first

	Limit  int // at most so many users; 0 means 100, and there are never more than 1000
	Offset int // after so many

	// Hidden lets filters and SortBy name hidden fields too. Leave it false for queries of clients: what cannot be
	// read could be guessed bit by bit.
	Hidden bool
}

// A UserFilter compares one field of users, added ones included, with a value.
type UserFilter struct {
	Field string

	// Operator is "eq", which "" means, "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "starts_with" or
	// "ends_with". Text is compared byte by byte, so that case matters. Apart from "eq" with nil, no operator finds
	// users whose field is null.
	Operator string

	// Value is of the field's type, a slice for "in" and "not_in", or nil, for null, with "eq" and "ne". What JSON and
	// query strings make of values is accepted: numbers as float64 or json.Number, slices as []any, and a number,
	// boolean or time in RFC 3339 as text.
	Value any
}

var userOperators = map[string]ports.Op{
	"": ports.Eq, "eq": ports.Eq, "ne": ports.Ne, "lt": ports.Lt, "lte": ports.Le, "gt": ports.Gt, "gte": ports.Ge,
	"in": ports.In, "not_in": ports.NotIn,
	"contains": ports.Contains, "starts_with": ports.StartsWith, "ends_with": ports.EndsWith,
}

// List returns the users that q asks for, and how many there are without its limit and offset. Errors: ErrUserQuery,
// the store's own.
func (users Users) List(ctx context.Context, q UserQuery) (list []User, total int64, err error) {
	s, err := users.search(q)
	if err != nil {
		return nil, 0, err
	}
	store := users.auth.config.Store
	if total, err = store.Count(ctx, &s.query, s.args); err != nil {
		return nil, 0, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = defaultUsers
	}
	records, err := store.Find(ctx, &s.query, append(s.args, ports.Int(int64(limit)), ports.Int(int64(q.Offset))))
	if err != nil {
		return nil, 0, err
	}
	return each(records, users.value), total, nil
}

// Count returns how many users there are that q asks for, whatever its limit and offset. Errors: ErrUserQuery, the
// store's own.
func (users Users) Count(ctx context.Context, q UserQuery) (int64, error) {
	s, err := users.search(q)
	if err != nil {
		return 0, err
	}
	return users.auth.config.Store.Count(ctx, &s.query, s.args)
}

// userSearch is a UserQuery as a store takes it.
type userSearch struct {
	query ports.Query
	args  []ports.Value
}

func (users Users) search(q UserQuery) (*userSearch, error) {
	sort := ports.Order{Field: q.SortBy, Desc: q.Desc}
	if sort.Field == "" {
		sort.Field = "createdAt"
	}
	s := &userSearch{query: ports.Query{
		Model: users.auth.schema.User, Order: []ports.Order{sort}, Limit: maxList, Paged: true, Once: true,
	}}
	err := s.look(q)
	for _, f := range q.Filters {
		if err == nil {
			err = s.filter(f)
		}
	}
	if err == nil {
		err = s.query.Check()
	}
	switch {
	case err != nil:
	case q.Limit < 0 || q.Offset < 0:
		err = errors.New("a negative limit or offset")
	case len(q.Filters) > maxUserFilters || len(s.args) > maxValues:
		err = errors.New("too many filters or values")
	case !q.Hidden && users.hides(&s.query):
		err = errors.New("a hidden field")
	}
	if err != nil {
		return nil, ErrUserQuery.Because(err)
	}
	return s, nil
}

// hides reports whether the query names a field that JSON does not show.
func (users Users) hides(q *ports.Query) bool {
	return slices.ContainsFunc(users.auth.userExtras, func(f extraField) bool {
		return f.hidden && (q.Order[0].Field == f.name ||
			slices.ContainsFunc(q.Where, func(c ports.Condition) bool { return c.Field == f.name }))
	})
}

// look adds the search.
func (s *userSearch) look(q UserQuery) error {
	in, by := q.SearchIn, q.SearchBy
	if in == "" {
		in = "email"
	}
	if by == "" {
		by = "contains"
	}
	op := userOperators[by]
	if in != "email" && in != "name" || op < ports.Contains {
		return errors.New("a search in or by something else")
	}
	if q.Search == "" {
		return nil
	}
	return s.add(ports.Condition{Field: in, Op: op, Fold: true}, q.Search)
}

// filter adds one filter.
func (s *userSearch) filter(f UserFilter) error {
	op, ok := userOperators[f.Operator]
	i := s.query.Model.Field(f.Field)
	if !ok || i < 0 {
		return errors.New("a filter by an unknown field or operator")
	}
	c := ports.Condition{Field: f.Field, Op: op}
	if op == ports.In || op == ports.NotIn {
		list := reflect.ValueOf(f.Value)
		if list.Kind() != reflect.Slice || list.Len() > maxValues {
			return errors.New("no list, or one that is too long")
		}
		values := make([]any, list.Len())
		for j := range values {
			values[j] = list.Index(j).Interface()
		}
		return s.addList(c, values)
	}
	if f.Value == nil {
		switch op {
		case ports.Eq:
			c.Op = ports.Null
		case ports.Ne:
			c.Op = ports.NotNull
		default:
			return errors.New("null has no order and no parts")
		}
		s.query.Where = append(s.query.Where, c)
		return nil
	}
	return s.add(c, f.Value)
}

// addList adds a condition with a list. No field is in an empty one.
func (s *userSearch) addList(c ports.Condition, values []any) error {
	if len(values) == 0 {
		c.Count = 1
		if c.Op == ports.NotIn {
			c.Op, c.Count = ports.NotNull, 0
		} else {
			s.args = append(s.args, ports.Value{}) // null, which equals nothing
		}
	} else {
		c.Count = len(values)
	}
	return s.add(c, values...)
}

// add adds a condition with its values.
func (s *userSearch) add(c ports.Condition, values ...any) error {
	f := &s.query.Model.Fields[s.query.Model.Field(c.Field)]
	for _, given := range values {
		v, ok := userValue(f.Type, given)
		if !ok {
			return fmt.Errorf("field %q is a %s and was compared with a %T", f.Name, f.Type, given)
		}
		if c.Op >= ports.Contains && len(v.AsString()) > maxUserText {
			return errors.New("a text that is too long")
		}
		s.args = append(s.args, v)
	}
	s.query.Where = append(s.query.Where, c)
	return nil
}

// userValue reads a value of a filter as one of type t.
func userValue(t ports.Type, given any) (v ports.Value, ok bool) {
	switch given := given.(type) {
	case string:
		return userText(t, given)
	case json.Number:
		if t == ports.TypeInt {
			return userText(t, given.String())
		}
	case int:
		v = ports.Int(int64(given))
	case float64:
		if t == ports.TypeInt && given == math.Trunc(given) && math.Abs(given) < 1<<53 {
			v = ports.Int(int64(given))
		}
	case bool, int64, time.Time:
		v = toValue(given)
	}
	if at := v.AsTime().Year(); at < 0 || at > 9999 { // databases know no other years
		return v, false
	}
	return v, v.Type() == t && t != ports.TypeNull
}

// userText reads text as a value of type t.
func userText(t ports.Type, text string) (v ports.Value, ok bool) {
	var err error
	switch t {
	case ports.TypeString: // databases keep no other text, and so find none
		return ports.String(text), len(text) <= maxField && utf8.ValidString(text) && !strings.Contains(text, "\x00")
	case ports.TypeBool:
		return ports.Bool(text == "true"), text == "true" || text == "false"
	case ports.TypeInt:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		v = ports.Int(n)
	case ports.TypeTime:
		var at time.Time
		at, err = time.Parse(time.RFC3339, text)
		v = ports.Time(at)
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return v, false
		}
	default:
		return v, false
	}
	return v, err == nil
}
