package kerniapostgres

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/kernia-go/kernia/ports"
)

// A param is one parameter of a statement, in the order of the verb's arguments.
type param struct {
	column *column // nil: a plain integer
	set    bool    // the value is written: what the column cannot hold is an error, not a mismatch
	text   bool    // compared as text, whatever the form of the column
}

// A column is one field as the database has it.
type column struct {
	name    string // quoted
	field   string // model and field, for errors
	refusal *ports.RefusedError
	typ     ports.Type
	kind    ports.IDKind
	isID    bool
	form    form
	sqlType string
	loose   bool // the collation takes different strings for equal
	notNull bool
}

// form says how the database keeps a column, as far as it matters here.
type form uint8

const (
	formOther     form = iota // read and compared as text
	formText                  // text, varchar
	formUUID                  // uuid
	formInt                   // smallint, integer, bigint
	formNumeric               // numeric holding whole numbers
	formBool                  // boolean
	formTime                  // timestamp with time zone
	formTimestamp             // timestamp without time zone, in UTC
	formJSON                  // json
	formJSONB                 // jsonb
	formArray                 // text[], varchar[]
)

func formOf(sqlType string) form {
	switch sqlType {
	case "text", "character varying":
		return formText
	case "uuid":
		return formUUID
	case "smallint", "integer", "bigint":
		return formInt
	case "numeric":
		return formNumeric
	case "boolean":
		return formBool
	case "timestamp with time zone":
		return formTime
	case "timestamp without time zone":
		return formTimestamp
	case "json":
		return formJSON
	case "jsonb":
		return formJSONB
	case "text[]", "character varying[]":
		return formArray
	}
	return formOther
}

// holds reports whether a column of form f can hold values of type t.
func (f form) holds(t ports.Type) bool {
	switch t {
	case ports.TypeBool:
		return f == formBool
	case ports.TypeInt:
		return f == formInt || f == formNumeric
	case ports.TypeTime:
		return f == formTime || f == formTimestamp
	case ports.TypeJSON:
		return f == formText || f == formJSON || f == formJSONB
	case ports.TypeList:
		return f == formText || f == formJSON || f == formJSONB || f == formArray
	}
	return f != formBool && f != formTime && f != formTimestamp && f != formArray
}

// encode turns the arguments of a call into those of the statement. All of them are nil, strings, integers or
// booleans, which every execution mode of pgx transfers alike.
func (st *statement) encode(args []ports.Value) ([]any, error) {
	if st.check != nil {
		if err := st.check(args); err != nil {
			return nil, err
		}
	}
	params := make([]any, len(st.params), len(st.params)+1)
	for i := range st.params {
		p := &st.params[i]
		v, ok := p.encode(args[i])
		if !ok {
			return nil, p.column.refusal
		}
		params[i] = v
	}
	return params, nil
}

// encode returns v for the driver. What the column cannot hold is not ok where it would be written, and null, which
// matches nothing, where it is compared.
func (p *param) encode(v ports.Value) (param any, ok bool) {
	switch v.Type() {
	case ports.TypeString:
		if param, ok = p.encodeString(v.AsString()); ok {
			return param, true
		}
		return nil, !p.set
	case ports.TypeBool:
		return v.AsBool(), true
	case ports.TypeInt:
		return v.AsInt(), true
	case ports.TypeTime:
		return formatTime(v.AsTime(), !p.set)
	case ports.TypeJSON:
		return v.AsJSON(), storable(v.AsJSON())
	case ports.TypeList:
		list := v.AsList()
		for _, s := range list {
			if !storable(s) {
				return nil, false
			}
		}
		return string(v.AppendJSON(nil)), true
	}
	return nil, true
}

func (p *param) encodeString(s string) (any, bool) {
	if !storable(s) || p.column.isID && !p.column.kind.Valid(s) {
		return nil, false
	}
	switch {
	case p.text:
	case p.column.form == formUUID && !ports.IDUUID.Valid(s):
		return nil, false
	case p.column.form == formInt || p.column.form == formNumeric:
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil && strconv.FormatInt(n, 10) == s
	}
	return s, true
}

// storable reports whether PostgreSQL has a text for s.
func storable(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

// objectID returns 24 hexadecimal digits.
func objectID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// The years that a timestamp can be in. The year 0 is 1 BC.
const firstYear, lastYear = -4712, 294275

// formatTime writes t as PostgreSQL reads it. Beyond what it can hold stands infinity where that will do.
func formatTime(t time.Time, infinite bool) (any, bool) {
	switch y := t.Year(); {
	case y > lastYear:
		return "infinity", infinite
	case y < firstYear:
		return "-infinity", infinite
	case y <= 0:
		return fmt.Sprintf("%04d", 1-y) + t.Format("-01-02T15:04:05.000Z07:00") + " BC", true
	}
	return t.Format(ports.TimeFormat), true
}

// decode returns the current row as a record.
func (st *statement) decode(rows pgx.Rows) (ports.Record, error) {
	raw, fields := rows.RawValues(), rows.FieldDescriptions()
	if len(raw) != len(st.results) {
		return nil, errors.New("another number of columns than asked for")
	}
	r := make(ports.Record, len(raw))
	for i, c := range st.results {
		if raw[i] == nil {
			continue
		}
		var err error
		if fields[i].Format == pgtype.BinaryFormatCode {
			r[i], err = c.decodeBinary(raw[i])
		} else {
			r[i], err = c.decodeText(raw[i], rows)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s holds no %s", ports.ErrInvalid, c.field, c.typ)
		}
	}
	return r, nil
}

var errFormat = errors.New("unknown format")

func (c *column) decodeBinary(raw []byte) (ports.Value, error) {
	switch c.typ {
	case ports.TypeString:
		switch {
		case c.form == formUUID && len(raw) == 16:
			return ports.String(formatUUID(raw)), nil
		case c.form == formInt || c.form == formNumeric:
			n, err := decodeInt(raw)
			return ports.String(strconv.FormatInt(n, 10)), err
		}
		return ports.String(string(raw)), nil
	case ports.TypeBool:
		return ports.Bool(len(raw) == 1 && raw[0] != 0), nil
	case ports.TypeInt:
		n, err := decodeInt(raw)
		return ports.Int(n), err
	case ports.TypeTime:
		if len(raw) != 8 {
			return ports.Value{}, errFormat
		}
		return instant(int64(binary.BigEndian.Uint64(raw))), nil //nolint:gosec // two's complement on the wire
	}
	if c.form == formJSONB && len(raw) > 0 && raw[0] == 1 {
		raw = raw[1:] // the version
	}
	return c.decodeJSON(raw)
}

func (c *column) decodeText(raw []byte, rows pgx.Rows) (ports.Value, error) {
	switch c.typ {
	case ports.TypeString:
		return ports.String(string(raw)), nil
	case ports.TypeBool:
		return ports.Bool(string(raw) == "t"), nil
	case ports.TypeInt:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		return ports.Int(n), err
	case ports.TypeTime:
		return c.decodeTextTime(raw, rows.Conn().TypeMap())
	}
	return c.decodeJSON(raw)
}

func (c *column) decodeTextTime(raw []byte, types *pgtype.Map) (ports.Value, error) {
	var t pgtype.Timestamptz
	switch string(raw) {
	case "infinity":
		return instant(math.MaxInt64), nil
	case "-infinity":
		return instant(math.MinInt64), nil
	}
	if c.form == formTimestamp {
		var local pgtype.Timestamp
		err := types.Scan(pgtype.TimestampOID, pgtype.TextFormatCode, raw, &local)
		return ports.Time(local.Time), err
	}
	err := types.Scan(pgtype.TimestamptzOID, pgtype.TextFormatCode, raw, &t)
	return ports.Time(t.Time), err
}

func (c *column) decodeJSON(raw []byte) (ports.Value, error) {
	if c.typ == ports.TypeJSON {
		return ports.JSON(string(raw)), nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil || bytes.Equal(raw, []byte("null")) {
		return ports.Value{}, errFormat
	}
	return ports.List(list), nil
}

func decodeInt(raw []byte) (int64, error) {
	switch len(raw) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(raw))), nil //nolint:gosec // two's complement on the wire
	case 4:
		return int64(int32(binary.BigEndian.Uint32(raw))), nil //nolint:gosec // two's complement on the wire
	case 8:
		return int64(binary.BigEndian.Uint64(raw)), nil //nolint:gosec // two's complement on the wire
	}
	return 0, errFormat
}

// instant returns the time that is so many microseconds after the start of the year 2000, cut to milliseconds.
func instant(micro int64) ports.Value {
	const epoch = 946_684_800_000 // of PostgreSQL, in milliseconds of Unix
	milli := micro / 1000
	if micro%1000 < 0 {
		milli--
	}
	return ports.Time(time.UnixMilli(milli + epoch))
}

func formatUUID(b []byte) string {
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
