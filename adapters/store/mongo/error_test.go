package kerniamongo_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

const secret = "ada@example.com"

// TestFaults makes errors of what a real server says, value and all. F08: no value comes through.
func TestFaults(t *testing.T) {
	ms := newModels(ports.IDText)
	for _, c := range []struct {
		name string
		say  bson.D
		want error
	}{
		{"ShutsDown", refused(11600, "interrupted at shutdown"), ports.ErrUnavailable},
		{"IsShuttingDown", refused(91, "The server is in quiesce mode and will shut down"), ports.ErrUnavailable},
		{"SteppedDown", refused(189, "primary stepped down"), ports.ErrUnavailable},
		{"IsNoPrimary", refused(10107, "not primary"), ports.ErrUnavailable},
		{"IsASecondary", refused(13435, "not primary and secondaryOk=false"), ports.ErrUnavailable},
		{"LostItsPeers", refused(89, "network timeout"), ports.ErrUnavailable},
		{"TookTooLong", refused(50, "operation exceeded time limit"), ports.ErrUnavailable},
		{"LosesAgainstATransaction", refused(112, "WriteConflict", "TransientTransactionError"), ports.ErrUnavailable},
		{"DeniesAccess", refused(13, "not authorized on app to execute command { find: "+secret+" }"), ports.ErrUnavailable},
		{"RefusesASum", refused(2, "Failed to apply $inc operations to current value ((NumberLong)9223372036854775807) for document {_id: \""+secret+"\"}"), ports.ErrInvalid},
		{"RefusesAType", refused(14, "Cannot apply $inc to a value of non-numeric type. {_id: \""+secret+"\"} has the field 'x' of non-numeric type string"), ports.ErrInvalid},
	} {
		t.Run(c.name+"_F08", func(t *testing.T) {
			store, _ := scripted(t, func(string, bson.Raw) bson.D { return c.say })
			_, err := store.Find(t.Context(), &ports.Query{Model: ms.user, Limit: 1, Where: []ports.Condition{{Field: "email"}}}, []ports.Value{ports.String(secret)})
			if !errors.Is(err, c.want) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Find = %v, want %v", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error %q shows a value", err)
			}
		})
	}
}

// TestConflicts reads the key out of what real servers say, the old ones in their message.
func TestConflicts(t *testing.T) {
	ms := newModels(ports.IDText)
	writeError := func(extra ...bson.E) bson.D {
		return bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 0}, {Key: "writeErrors", Value: bson.A{append(bson.D{{Key: "index", Value: 0}, {Key: "code", Value: 11000}}, extra...)}}}
	}
	pattern := func(columns ...string) bson.E {
		d := bson.D{}
		for _, c := range columns {
			d = append(d, bson.E{Key: c, Value: 1})
		}
		return bson.E{Key: "keyPattern", Value: d}
	}
	text := func(s string) bson.E { return bson.E{Key: "errmsg", Value: s} }
	for _, c := range []struct {
		name, want string
		say        bson.D
	}{
		{"NamesAKeyByItsPattern", "email", writeError(text(`E11000 duplicate key error collection: app.user index: whatever dup key: { email: "`+secret+`" }`), pattern("email"))},
		{"NamesTheIDByItsPattern", "id", writeError(text(`E11000`), pattern("_id"))},
		{"NamesAKeyByItsIndex", "username", writeError(text(`E11000 duplicate key error collection: app.user index: username_1_unique dup key: { username: "` + secret + `" }`))},
		{"NamesAKeyByADriversName", "email", writeError(text(`E11000 duplicate key error collection: app.user index: email_1 dup key: { : "` + secret + `" }`))},
		{"NamesTheIDByItsIndex", "id", writeError(text(`E11000 duplicate key error collection: app.user index: _id_ dup key: { _id: "x" }`))},
		{"IsNotLedAstrayByAValue", "id", writeError(text(`E11000 duplicate key error collection: app.user index: _id_ dup key: { _id: "x index: email_1 dup key" }`))},
		{"NamesNoKeyOfNobody", "", writeError(text(`E11000`), pattern("other"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, _ := scripted(t, func(name string, _ bson.Raw) bson.D {
				if name == "insert" {
					return c.say
				}
				return batch()
			})
			_, err := store.Create(t.Context(), ms.user, newUser("x", secret))
			var conflict *ports.ConflictError
			if !errors.As(err, &conflict) || conflict.Key != c.want || conflict.Model != "user" {
				t.Errorf("Create = %v, want a conflict on user (%s)", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error %q shows a value", err)
			}
		})
	}
	t.Run("NamesAKeyOfAnUpdate", func(t *testing.T) {
		store, _ := scripted(t, func(string, bson.Raw) bson.D {
			return append(refused(11000, `E11000 duplicate key error collection: app.user index: x dup key: { email: "`+secret+`" }`), pattern("email"))
		})
		m := setting(ms.user, ports.Change{Field: "email"})
		_, _, err := store.Update(t.Context(), m, []ports.Value{ports.String("x"), ports.String(secret)})
		var conflict *ports.ConflictError
		if !errors.As(err, &conflict) || conflict.Key != "email" {
			t.Errorf("Update = %v, want a conflict on user (email)", err)
		}
	})
}

// TestRefusesWhatAValidatorDoes names the field where the server does, and shows no value. F08.
func TestRefusesWhatAValidatorDoes(t *testing.T) {
	ms := newModels(ports.IDText)
	rule := bson.D{{Key: "propertiesNotSatisfied", Value: bson.A{bson.D{{Key: "propertyName", Value: "name"}, {Key: "consideredValue", Value: secret}}}}}
	details := bson.E{Key: "errInfo", Value: bson.D{{Key: "details", Value: bson.D{{Key: "schemaRulesNotSatisfied", Value: bson.A{rule}}}}}}
	for name, c := range map[string]struct {
		say   bson.D
		field string
	}{
		"ADocument":     {append(refused(121, "Document failed validation"), details), "name"},
		"NoNamedField":  {refused(121, "Document failed validation"), ""},
		"AKeyTooLong":   {refused(17280, "key too large to index: "+secret), ""},
		"ATooLargeRow":  {refused(17419, "Resulting document after update is larger than 16777216"), ""},
		"ATooLargeBSON": {refused(10334, "BSONObj size is invalid"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := scripted(t, func(string, bson.Raw) bson.D { return c.say })
			_, err := store.Create(t.Context(), ms.user, newUser("x", secret))
			var refused *ports.RefusedError
			if !errors.As(err, &refused) || refused.Model != "user" || refused.Field != c.field || strings.Contains(err.Error(), secret) {
				t.Errorf("Create = %v, want a RefusedError about %q", err, c.field)
			}
		})
	}
}
