package kerniamongo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

// decode puts the values of doc into r, which has one place for each field. Keys that the model does not know are
// passed over, but for those named in also, which are returned.
func (sh *shape) decode(doc bson.Raw, r ports.Record, also string) (inner bson.Raw, err error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, fmt.Errorf("%w: a broken document", ports.ErrUnavailable)
	}
	for i := range sh.fields {
		r[i] = sh.fields[i].Default // of a document from before the field
	}
	for _, e := range elements {
		key := e.Key()
		if also != "" && key == also {
			inner, _ = e.Value().DocumentOK()
			continue
		}
		i, ok := sh.columns[key]
		if !ok {
			continue
		}
		if r[i], ok = sh.fields[i].decode(e.Value()); !ok {
			return nil, fmt.Errorf("%w: %q.%q is stored as %s", ports.ErrInvalid, sh.Name, sh.fields[i].Name, e.Value().Type)
		}
	}
	return inner, nil
}

// record returns doc as a record.
func (sh *shape) record(doc bson.Raw) (ports.Record, error) {
	r := make(ports.Record, len(sh.fields))
	_, err := sh.decode(doc, r, "")
	return r, err
}

// decode returns what a document holds as a value of the field's type, also in the forms that other programs
// write; ok is false for a form that means nothing here.
func (f *field) decode(v bson.RawValue) (ports.Value, bool) {
	if v.Type == bson.TypeNull || v.Type == bson.TypeUndefined {
		return ports.Value{}, true
	}
	switch f.Type {
	case ports.TypeString:
		return f.decodeString(v)
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

func (f *field) decodeString(v bson.RawValue) (ports.Value, bool) {
	if f.id && f.kind == ports.IDObjectID {
		if id, ok := v.ObjectIDOK(); ok {
			return ports.String(id.Hex()), true
		}
	}
	if f.id && f.kind == ports.IDUUID {
		if subtype, data, ok := v.BinaryOK(); ok && subtype == uuidType && len(data) == 16 {
			return ports.String(uuidText(data)), true
		}
	}
	if f.id && f.kind == ports.IDSerial {
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
