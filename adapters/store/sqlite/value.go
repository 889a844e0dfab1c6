package kerniasqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// Every year that [ports.TimeFormat] writes in four digits sorts as text between these two.
const (
	beforeTimes = ""
	afterTimes  = ":"
)

// errID says that a text cannot be an id of the model's form.
var errID = errors.New("not an id of this form")

// errText says that a text cannot be kept.
var errText = errors.New("not UTF-8")

// errYear says that a time has no form that sorts.
var errYear = errors.New("a year that has no four digits")

// encode returns args in the order of the statement's parameters, as the driver takes them.
func (st *statement) encode(args []ports.Value, limit, offset int64) ([]any, error) {
	bound := make([]any, len(st.params))
	for i, p := range st.params {
		switch {
		case p.arg == argLimit:
			bound[i] = limit
		case p.arg == argOffset:
			bound[i] = offset
		case p.milli && !args[p.arg].IsNull():
			bound[i] = args[p.arg].AsTime().UnixMilli()
		case !p.set:
			bound[i] = p.column.match(args[p.arg])
		default:
			v, err := p.column.store(args[p.arg])
			if err != nil {
				return nil, err
			}
			bound[i] = v
		}
	}
	return bound, nil
}

// decode reads the current row of rows, whose results are st's.
func (st *statement) decode(rows *sql.Rows) (ports.Record, error) {
	r, _ := st.rows.Get().(*row)
	if r == nil {
		r = &row{cells: make([]cell, len(st.results)), into: make([]any, len(st.results))}
		for i, c := range st.results {
			r.cells[i].column = c
			r.into[i] = &r.cells[i]
		}
	}
	record := make(ports.Record, len(st.results))
	for i := range record {
		r.cells[i].into = &record[i]
	}
	err := rows.Scan(r.into...)
	for i := range r.cells {
		r.cells[i].into = nil // the record is the caller's now
	}
	st.rows.Put(r)
	return record, err
}

// A row is where the driver puts one row.
type row struct {
	cells []cell
	into  []any
}

// A column is one field in the form in which the database keeps it.
type column struct {
	name  string // quoted
	model string
	field string
	typ   ports.Type
	id    bool // an id or a reference to one
	kind  ports.IDKind
}

// encode returns v as the driver takes it.
func (c *column) encode(v ports.Value) (any, error) {
	switch v.Type() {
	case ports.TypeString:
		if c.id {
			return encodeID(c.kind, v.AsString())
		}
		return v.AsString(), nil
	case ports.TypeBool:
		if v.AsBool() {
			return int64(1), nil
		}
		return int64(0), nil
	case ports.TypeInt:
		return v.AsInt(), nil
	case ports.TypeTime:
		t := v.AsTime()
		if y := t.Year(); y < 0 || y > 9999 {
			return nil, errYear
		}
		var b [len(ports.TimeFormat)]byte
		return string(t.AppendFormat(b[:0], ports.TimeFormat)), nil
	case ports.TypeJSON:
		return v.AsJSON(), nil
	case ports.TypeList:
		return string(v.AppendJSON(nil)), nil
	}
	return nil, nil
}

// store returns v as the driver takes it, or a *RefusedError where the column cannot keep it.
func (c *column) store(v ports.Value) (any, error) {
	a, err := c.encode(v)
	if s, ok := a.(string); ok && !utf8.ValidString(s) {
		err = errText
	}
	if v.Type() == ports.TypeList {
		for _, s := range v.AsList() {
			if !utf8.ValidString(s) {
				err = errText
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", &ports.RefusedError{Model: c.model, Field: c.field}, err)
	}
	return a, nil
}

// match returns v as an argument of a condition: what cannot be in the column matches nothing, as null does.
func (c *column) match(v ports.Value) any {
	a, err := c.encode(v)
	switch {
	case err == nil:
		return a
	case !errors.Is(err, errYear):
		return nil
	case v.AsTime().Year() < 0:
		return beforeTimes
	}
	return afterTimes
}

func encodeID(kind ports.IDKind, s string) (any, error) {
	if !kind.Valid(s) {
		return nil, errID
	}
	if kind == ports.IDSerial {
		return strconv.ParseInt(s, 10, 64)
	}
	return s, nil
}

// A cell receives one column of one row straight from the driver.
type cell struct {
	column *column
	into   *ports.Value
}

// Scan implements sql.Scanner. Its errors name the column, never the value.
func (c *cell) Scan(src any) error {
	v, ok := c.column.decode(src)
	if !ok {
		return fmt.Errorf("column %s holds no %s", c.column.name, c.column.typ)
	}
	*c.into = v
	return nil
}

// decode reads what the driver gave: the forms that this package writes first, then every form in which the same
// value may stand in a database that other programs write to.
func (c *column) decode(src any) (ports.Value, bool) {
	switch s := src.(type) {
	case nil:
		return ports.Value{}, true
	case string:
		return c.decodeText(s)
	case int64:
		return c.decodeNumber(s)
	case []byte:
		return c.decodeText(string(s))
	case float64:
		if n := int64(s); float64(n) == s && n != math.MaxInt64 {
			return c.decodeNumber(n)
		}
		if c.typ == ports.TypeTime && s >= fewestSeconds && s <= mostSeconds {
			return ports.Time(time.UnixMilli(int64(s * 1000))), true
		}
		if c.typ == ports.TypeTime && math.Abs(s) < 1<<53 {
			return c.decodeNumber(int64(math.Floor(s)))
		}
		return c.decodeText(strconv.FormatFloat(s, 'f', -1, 64))
	case bool:
		if s {
			return c.decodeNumber(1)
		}
		return c.decodeNumber(0)
	case time.Time:
		if c.typ == ports.TypeTime {
			return ports.Time(s), true
		}
		return c.decodeText(s.UTC().Format(ports.TimeFormat))
	}
	return ports.Value{}, false
}

func (c *column) decodeText(s string) (ports.Value, bool) {
	switch c.typ {
	case ports.TypeString:
		return ports.String(s), true
	case ports.TypeTime:
		t, ok := parseTime(s)
		return ports.Time(t), ok
	case ports.TypeBool:
		b, err := strconv.ParseBool(s)
		return ports.Bool(b), err == nil
	case ports.TypeInt:
		n, err := strconv.ParseInt(s, 10, 64)
		return ports.Int(n), err == nil
	case ports.TypeJSON:
		return ports.JSON(s), json.Valid([]byte(s))
	case ports.TypeList:
		var list []string
		err := json.Unmarshal([]byte(s), &list)
		return ports.List(list), err == nil
	}
	return ports.Value{}, false
}

func (c *column) decodeNumber(n int64) (ports.Value, bool) {
	switch c.typ {
	case ports.TypeBool:
		return ports.Bool(n != 0), true
	case ports.TypeInt:
		return ports.Int(n), true
	case ports.TypeTime:
		return ports.Time(instant(n)), true
	case ports.TypeString, ports.TypeJSON:
		return c.decodeText(strconv.FormatInt(n, 10))
	}
	return ports.Value{}, false
}

// A number between these counts seconds: as milliseconds it would be a time between 1970 and 1973, before any record, as
// seconds it is one between 1973 and 5138.
const fewestSeconds, mostSeconds = 100_000_000, 99_999_999_999

// instant returns the time that a number stands for: milliseconds, as Date.now() counts, or whole seconds.
func instant(n int64) time.Time {
	if n >= fewestSeconds && n <= mostSeconds {
		return time.Unix(n, 0)
	}
	return time.UnixMilli(n)
}

// parseTime reads a time as this package, JavaScript or SQLite's own functions write it; without a zone it is UTC.
func parseTime(s string) (time.Time, bool) {
	if t, ok := parseISO(s); ok {
		return t, true
	}
	for _, layout := range [...]string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", time.DateOnly,
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	if n, err := strconv.ParseInt(strings.TrimSuffix(s, ".0"), 10, 64); err == nil {
		return instant(n), true
	}
	return time.Time{}, false
}

// parseISO reads exactly the form of [ports.TimeFormat], many times faster than time.Parse.
func parseISO(s string) (time.Time, bool) {
	if len(s) != 24 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return time.Time{}, false
	}
	year, ok0 := digits(s[0:4])
	month, ok1 := digits(s[5:7])
	day, ok2 := digits(s[8:10])
	hour, ok3 := digits(s[11:13])
	minute, ok4 := digits(s[14:16])
	second, ok5 := digits(s[17:19])
	milli, ok6 := digits(s[20:23])
	if !(ok0 && ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, milli*1e6, time.UTC)
	return t, int(t.Month()) == month && t.Day() == day // no 30 February
}

func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, true
}
