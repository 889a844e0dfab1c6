package kerniamongo

import (
	"math"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

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
