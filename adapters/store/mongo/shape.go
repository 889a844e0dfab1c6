package kerniamongo

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/kernia-go/kernia/ports"
)

// A shape is a model with what its documents look like.
type shape struct {
	*ports.Model
	coll    *mongo.Collection
	fields  []field
	columns map[string]int // document keys to positions
}

type field struct {
	*ports.Field
	column   string
	id       bool // an id or a reference
	kind     ports.IDKind
	explicit bool // null is written, not left out: as Better Auth does, but for unique keys, which pass over what is absent
}

// shape returns the shape of m, checking m the first time.
func (s *Store) shape(m *ports.Model) (*shape, error) {
	if sh, ok := s.shapes.Load(m); ok {
		return sh.(*shape), nil
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	sh := &shape{Model: m, coll: s.db.Collection(m.TableName()), columns: map[string]int{}}
	for i := range m.Fields {
		f := field{Field: &m.Fields[i], column: m.Fields[i].ColumnName()}
		f.kind, f.id = m.IDKind(i)
		f.explicit = f.Null && (!f.Default.IsNull() || !slices.ContainsFunc(m.Unique, func(k ports.Key) bool { return slices.Contains(k, f.Name) }))
		if i == 0 {
			f.column = "_id"
		}
		sh.columns[f.column] = i
		sh.fields = append(sh.fields, f)
	}
	known, _ := s.shapes.LoadOrStore(m, sh)
	return known.(*shape), nil
}

// field returns the field of that name, which the model has.
func (sh *shape) field(name string) *field { return &sh.fields[sh.Model.Field(name)] }

// encode returns v as a document holds it; ok is false where the field cannot hold it: text that is not UTF-8, an
// id in another form.
func (f *field) encode(v ports.Value) (in any, ok bool) {
	switch v.Type() {
	case ports.TypeString:
		if f.id {
			return encodeID(f.kind, v.AsString())
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

const uuidType = 4 // the subtype of binary data that is a UUID

// uuidText returns the text form of 16 bytes.
func uuidText(b []byte) string {
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// least returns the smallest value of the field's type, so that "at least this" means "not null" to the server.
func (f *field) least() any {
	switch {
	case f.id && f.kind == ports.IDObjectID:
		return primitive.NilObjectID
	case f.id && f.kind == ports.IDSerial:
		return int64(0)
	case f.id && f.kind == ports.IDUUID:
		return primitive.Binary{Subtype: uuidType, Data: make([]byte, 16)}
	case f.Type == ports.TypeBool:
		return false
	case f.Type == ports.TypeInt:
		return int64(-1 << 63)
	case f.Type == ports.TypeTime:
		return primitive.DateTime(-1 << 63)
	case f.Type == ports.TypeList:
		return bson.A{}
	}
	return ""
}
