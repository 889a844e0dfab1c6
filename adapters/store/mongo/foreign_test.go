package kerniamongo_test

import (
	"errors"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"github.com/kernia-go/kernia/ports"
)

// TestMigrateRefusesIDsOfAnotherType names the collection: such documents would never be found.
func TestMigrateRefusesIDsOfAnotherType(t *testing.T) {
	for name, c := range map[string]struct {
		kind ports.IDKind
		id   any
		ok   bool
	}{
		"TextAmongObjectIDs":  {ports.IDObjectID, "0123456789abcdef01234567", false},
		"AnObjectIDAmongText": {ports.IDText, primitive.NewObjectID(), false},
		"ButTheirOwn":         {ports.IDObjectID, primitive.NewObjectID(), true},
	} {
		t.Run(name, func(t *testing.T) {
			s, db := fresh(t)
			ms := newModels(c.kind)
			if _, err := db.Collection("user").InsertOne(t.Context(), bson.D{{Key: "_id", Value: c.id}, {Key: "email", Value: "a"}}); err != nil {
				t.Fatal(err)
			}
			_, err := s.Migrate(t.Context(), []*ports.Model{ms.user}, false)
			if c.ok && err != nil || !c.ok && (!errors.Is(err, ports.ErrInvalid) || !strings.Contains(err.Error(), `"user"`)) {
				t.Errorf("Migrate = %v", err)
			}
		})
	}
}
