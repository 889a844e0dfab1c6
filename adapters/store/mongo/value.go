package kerniamongo

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/kernia-go/kernia/ports"
)

// A column is one field in the form in which documents hold it.
type column struct {
	field    *ports.Field
	name     string // the key in documents
	id       bool   // an id or a reference to one
	kind     ports.IDKind
	explicit bool // null is written, not left out: as Better Auth does, but for unique keys, which pass over what is absent
}

const uuidType = 4 // the subtype of binary data that is a UUID

// encode returns v as a document holds it; ok is false where the field cannot hold it: text that is not UTF-8, an
// id in another form.
func (c *column) encode(v ports.Value) (in any, ok bool) {
	switch v.Type() {
	case ports.TypeString:
		if c.id {
			return encodeID(c.kind, v.AsString())
		}
		return v.AsString(), utf8.ValidString(v.AsString())
	case ports.TypeBool:
		return v.AsBool(), true
	case ports.TypeInt:
		return v.AsInt(), true
	case ports.TypeTime:
		return primitive.NewDateTimeFromTime(v.AsTime()), true
	case ports.TypeJSON:
		return v.AsJSON(), utf8.ValidString(v.AsJSON())
	case ports.TypeList:
		list := v.AsList()
		for _, s := range list {
			ok = utf8.ValidString(s)
			if !ok {
				return nil, false
			}
		}
		return list, true
	}
	return nil, true
}

// encodeID returns the stored form of an id.
func encodeID(kind ports.IDKind, s string) (any, bool) {
	if !kind.Valid(s) {
		return nil, false
	}
	switch kind {
	case ports.IDObjectID:
		id, err := primitive.ObjectIDFromHex(s)
		return id, err == nil
	case ports.IDSerial:
		n, err := strconv.ParseInt(s, 10, 64)
		return n, err == nil
	case ports.IDUUID:
		data, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
		return primitive.Binary{Subtype: uuidType, Data: data}, err == nil
	}
	return s, true
}

// uuidText returns the text form of 16 bytes.
func uuidText(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// least returns the smallest value of the field's type, so that "at least this" means "not null" to the server.
func (c *column) least() any {
	switch {
	case c.id && c.kind == ports.IDObjectID:
		return primitive.NilObjectID
	case c.id && c.kind == ports.IDSerial:
		return int64(0)
	case c.id && c.kind == ports.IDUUID:
		return primitive.Binary{Subtype: uuidType, Data: make([]byte, 16)}
	case c.field.Type == ports.TypeBool:
		return false
	case c.field.Type == ports.TypeInt:
		return int64(-1 << 63)
	case c.field.Type == ports.TypeTime:
		return primitive.DateTime(-1 << 63)
	case c.field.Type == ports.TypeList:
		return bson.A{}
	}
	return ""
}

// decode puts the values of doc into r, which has one place for each field. Keys that the model does not know are
// passed over, but for those named in also, which are returned.
func (t *table) decode(doc bson.Raw, r ports.Record, also string) (inner bson.Raw, err error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, fmt.Errorf("%w: a broken document", ports.ErrUnavailable)
	}
	for i := range t.columns {
		r[i] = t.columns[i].field.Default // of a document from before the field
	}
	for _, e := range elements {
		key := e.Key()
		if also != "" && key == also {
			inner, _ = e.Value().DocumentOK()
			continue
		}
		i, ok := t.at[key]
		if !ok {
			continue
		}
		if r[i], ok = t.columns[i].decode(e.Value()); !ok {
			return nil, fmt.Errorf("%w: %q.%q is stored as %s", ports.ErrInvalid, t.model.Name, t.columns[i].field.Name, e.Value().Type)
		}
	}
	return inner, nil
}

// record returns doc as a record.
func (t *table) record(doc bson.Raw) (ports.Record, error) {
	r := make(ports.Record, len(t.columns))
	_, err := t.decode(doc, r, "")
	return r, err
}

// decode returns what a document holds as a value of the field's type, also in the forms that other programs
// write; ok is false for a form that means nothing here.
func (c *column) decode(v bson.RawValue) (ports.Value, bool) {
	if v.Type == bson.TypeNull || v.Type == bson.TypeUndefined {
		return ports.Value{}, true
	}
	switch c.field.Type {
	case ports.TypeString:
		return c.decodeString(v)
	case ports.TypeBool:
		b, ok := v.BooleanOK()
		return ports.Bool(b), ok
	case ports.TypeInt:
		n, ok := whole(v)
		return ports.Int(n), ok
	case ports.TypeTime:
		return decodeTime(v)
	case ports.TypeJSON:
		return decodeJSON(v)
	}
	return decodeList(v)
}

func (c *column) decodeString(v bson.RawValue) (ports.Value, bool) {
	if c.id && c.kind == ports.IDObjectID {
		if id, ok := v.ObjectIDOK(); ok {
			return ports.String(id.Hex()), true
		}
	}
	if c.id && c.kind == ports.IDUUID {
		if subtype, data, ok := v.BinaryOK(); ok && subtype == uuidType && len(data) == 16 {
			return ports.String(uuidText(data)), true
		}
	}
	if c.id && c.kind == ports.IDSerial {
		n, ok := whole(v)
		return ports.String(strconv.FormatInt(n, 10)), ok
	}
	s, ok := v.StringValueOK()
	return ports.String(s), ok
}

// whole returns a number without a fraction, of whatever type.
func whole(v bson.RawValue) (int64, bool) {
	if n, ok := v.AsInt64OK(); ok && v.Type != bson.TypeDouble {
		return n, true
	}
	d, ok := v.DoubleOK()
	n := int64(d)
	return n, ok && float64(n) == d && d < 1<<63
}

// decodeTime takes dates, and the text that JavaScript makes of one.
func decodeTime(v bson.RawValue) (ports.Value, bool) {
	if ms, ok := v.DateTimeOK(); ok {
		return ports.Time(time.UnixMilli(ms)), true
	}
	s, ok := v.StringValueOK()
	t, err := time.Parse(time.RFC3339Nano, s)
	return ports.Time(t), ok && err == nil
}

// decodeJSON takes a JSON text, any other text as the JSON string it is, and every other value as JSON.
func decodeJSON(v bson.RawValue) (ports.Value, bool) {
	if s, ok := v.StringValueOK(); ok && json.Valid([]byte(s)) {
		return ports.JSON(s), true
	}
	text, ok := appendJSON(nil, v)
	return ports.JSON(string(text)), ok
}

// decodeList takes an array of strings, or the JSON text of one.
func decodeList(v bson.RawValue) (ports.Value, bool) {
	var list []string
	if s, ok := v.StringValueOK(); ok {
		err := json.Unmarshal([]byte(s), &list)
		return ports.List(list), err == nil
	}
	array, ok := v.ArrayOK()
	if !ok {
		return ports.Value{}, false
	}
	values, err := array.Values()
	for _, v := range values {
		s, isString := v.StringValueOK()
		ok = ok && isString
		list = append(list, s)
	}
	return ports.List(list), ok && err == nil
}

// appendJSON appends v to dst as JavaScript's JSON.stringify writes it: dates and ObjectIDs as strings, no
// wrappers. ok is false for what has no such form.
func appendJSON(dst []byte, v bson.RawValue) (_ []byte, ok bool) {
	switch v.Type {
	case bson.TypeString:
		return ports.AppendString(dst, v.StringValue()), true
	case bson.TypeBoolean:
		return strconv.AppendBool(dst, v.Boolean()), true
	case bson.TypeInt32, bson.TypeInt64:
		return strconv.AppendInt(dst, v.AsInt64(), 10), true
	case bson.TypeDouble:
		d := v.Double()
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return append(dst, "null"...), true
		}
		return strconv.AppendFloat(dst, d, 'g', -1, 64), true
	case bson.TypeNull, bson.TypeUndefined:
		return append(dst, "null"...), true
	case bson.TypeDateTime:
		return ports.AppendString(dst, time.UnixMilli(v.DateTime()).UTC().Format(ports.TimeFormat)), true
	case bson.TypeObjectID:
		return ports.AppendString(dst, v.ObjectID().Hex()), true
	case bson.TypeEmbeddedDocument:
		return appendMembers(dst, v.Document(), true)
	case bson.TypeArray:
		return appendMembers(dst, v.Array(), false)
	}
	return dst, false
}

func appendMembers(dst []byte, doc bson.Raw, named bool) (_ []byte, ok bool) {
	first, last := byte('['), byte(']')
	if named {
		first, last = '{', '}'
	}
	elements, err := doc.Elements()
	if err != nil {
		return dst, false
	}
	dst = append(dst, first)
	for i, e := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		if named {
			dst = append(ports.AppendString(dst, e.Key()), ':')
		}
		if dst, ok = appendJSON(dst, e.Value()); !ok {
			return dst, false
		}
	}
	return append(dst, last), true
}
