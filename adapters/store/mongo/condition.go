package kerniamongo

import (
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

const longest = 8 << 10 // bytes of a text to be contained; the server limits the expression it becomes

// A filter is a list of tests that all must hold. Every test names its operator and takes its operand from a typed
// value, so that no argument is ever read as an operator.
type filter struct {
	tests []bson.E
	never bool // some test is satisfied by no document
}

// doc returns the filter as the server takes it.
func (f *filter) doc() bson.D {
	seen := make([]string, 0, 8)
	for _, t := range f.tests {
		if slices.Contains(seen, t.Key) {
			all := bson.A{}
			for _, t := range f.tests {
				all = append(all, bson.D{t})
			}
			return bson.D{{Key: "$and", Value: all}}
		}
		seen = append(seen, t.Key)
	}
	if f.tests == nil {
		return bson.D{}
	}
	return f.tests
}

// with returns the filter extended by one test.
func (f *filter) with(column, op string, operand any) *filter {
	more := *f
	more.tests = append(slices.Clip(f.tests), test(column, op, operand))
	return &more
}

// among returns the filter extended by a test for one of several values, none of which is a document or an
// expression. Without an operator one value means equality; some servers use the index on _id for nothing else.
func (f *filter) among(column string, values bson.A) *filter {
	if len(values) == 1 {
		more := *f
		more.tests = append(slices.Clip(f.tests), bson.E{Key: column, Value: values[0]})
		return &more
	}
	return f.with(column, "$in", values)
}

func test(column, op string, operand any) bson.E {
	return bson.E{Key: column, Value: bson.D{{Key: op, Value: operand}}}
}

// add adds the condition on fd, whose column stands below prefix, with the arguments it takes.
func (f *filter) add(fd *column, prefix string, c ports.Condition, args []ports.Value) {
	column := prefix + fd.name
	switch c.Op {
	case ports.Null:
		f.tests = append(f.tests, test(column, "$eq", nil))
		return
	case ports.NotNull:
		f.tests = append(f.tests, test(column, "$ne", nil))
		return
	case ports.In:
		f.addIn(fd, column, args)
		return
	case ports.NotIn:
		f.addNotIn(fd, column, args)
		return
	}
	arg, ok := fd.encode(args[0])
	if !ok && c.Op == ports.Ne && !fd.id { // text that is not UTF-8 differs from all that is stored
		f.tests = append(f.tests, test(column, "$ne", nil))
		return
	}
	if !ok || arg == nil {
		f.never = true
		return
	}
	switch c.Op {
	case ports.Eq:
		f.tests = append(f.tests, test(column, "$eq", arg))
	case ports.Ne:
		f.tests = append(f.tests, test(column, "$nin", bson.A{arg, nil}))
	case ports.Lt:
		f.tests = append(f.tests, test(column, "$lt", arg))
	case ports.Le:
		f.tests = append(f.tests, test(column, "$lte", arg))
	case ports.Gt:
		f.tests = append(f.tests, test(column, "$gt", arg))
	case ports.Ge:
		f.tests = append(f.tests, test(column, "$gte", arg))
	case ports.Contains, ports.StartsWith, ports.EndsWith:
		f.tests = append(f.tests, part(column, c, args[0].AsString()))
	}
}

func (f *filter) addIn(fd *column, column string, args []ports.Value) {
	list := bson.A{}
	for _, v := range args {
		if arg, ok := fd.encode(v); ok && arg != nil {
			list = append(list, arg)
		}
	}
	f.never = f.never || len(list) == 0
	f.tests = append(f.tests, test(column, "$in", list))
}

func (f *filter) addNotIn(fd *column, column string, args []ports.Value) {
	list := bson.A{nil}
	for _, v := range args {
		arg, ok := fd.encode(v)
		switch {
		case ok && arg != nil:
			list = append(list, arg)
		case ok || fd.id: // null, or no id
			f.never = true
		}
	}
	f.tests = append(f.tests, test(column, "$nin", list))
}

// part returns the test for a part of a text, as an expression in which every character stands for itself. The
// server's own way to ignore case would also fold letters beyond A to Z.
func part(column string, c ports.Condition, text string) bson.E {
	if text == "" {
		return test(column, "$ne", nil)
	}
	quoted := strings.ReplaceAll(regexp.QuoteMeta(text), "\x00", `\x00`) // the server takes no NUL in an expression
	if c.Fold {
		quoted = letters.ReplaceAllStringFunc(regexp.QuoteMeta(text), func(l string) string {
			return "[" + strings.ToLower(l) + strings.ToUpper(l) + "]"
		})
		quoted = strings.ReplaceAll(quoted, "\x00", `\x00`)
	}
	switch c.Op {
	case ports.StartsWith:
		quoted = "^" + quoted
	case ports.EndsWith:
		quoted += `\z`
	}
	return test(column, "$regex", quoted)
}

var letters = regexp.MustCompile(`[A-Za-z]`)

// tooLong reports whether an argument of where is a longer text to be contained than the server takes.
func tooLong(where []ports.Condition, args []ports.Value) bool {
	for _, c := range where {
		if most := longest; c.Op >= ports.Contains {
			if c.Fold {
				most /= 2 // each letter takes four
			}
			if len(args[0].AsString()) > most {
				return true
			}
		}
		args = args[c.Args():]
	}
	return false
}

// filter returns the conditions with their arguments, of which there may be more.
func (t *table) filter(where []ports.Condition, args []ports.Value) *filter {
	f := &filter{}
	for _, c := range where {
		f.add(t.column(c.Field), "", c, args[:c.Args()])
		args = args[c.Args():]
	}
	return f
}

// filters returns the conditions on the query's own records and those on the followed ones, each with its columns
// below its prefix.
func (p *query) filters(args []ports.Value, below, followedBelow string) (own, followed *filter) {
	own, followed = &filter{}, &filter{}
	for _, c := range p.Where {
		mine := args[:c.Args()]
		args = args[c.Args():]
		if c.Followed {
			followed.add(p.followed.column(c.Field), followedBelow, c, mine)
		} else {
			own.add(p.own.column(c.Field), below, c, mine)
		}
	}
	return own, followed
}
