package kerniamongo_test

import (
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"github.com/kernia-go/kernia/ports"
)

// TestIndexes proves which indexes a real server is asked for: the stand-in knows neither partial ones nor such
// that expire.
func TestIndexes(t *testing.T) {
	ms := newModels(ports.IDObjectID)
	store, _ := scripted(t, func(name string, _ bson.Raw) bson.D {
		if name == "listCollections" {
			return batch()
		}
		return nil
	})
	plan, err := store.Migrate(t.Context(), ms.all(), false)
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for _, s := range plan.Steps {
		statements = append(statements, s.Statement)
	}
	got := strings.Join(statements, "\n")
	want := `{"create":"user"}
{"createIndexes":"user","indexes":[{"key":{"email":1},"name":"email_1_unique","unique":true}]}
{"createIndexes":"user","indexes":[{"key":{"username":1},"name":"username_1_unique","unique":true,"partialFilterExpression":{"username":{"$gte":""}}}]}
{"create":"session"}
{"createIndexes":"session","indexes":[{"key":{"token":1},"name":"token_1_unique","unique":true}]}
{"createIndexes":"session","indexes":[{"key":{"expiresAt":1},"name":"expiresAt_1","expireAfterSeconds":86400}]}
{"createIndexes":"session","indexes":[{"key":{"userId":1},"name":"userId_1"}]}
{"create":"account"}
{"createIndexes":"account","indexes":[{"key":{"providerId":1,"accountId":1},"name":"providerId_1_accountId_1_unique","unique":true}]}
{"createIndexes":"account","indexes":[{"key":{"userId":1},"name":"userId_1"}]}
{"create":"verification"}
{"createIndexes":"verification","indexes":[{"key":{"expiresAt":1},"name":"expiresAt_1","expireAfterSeconds":86400}]}
{"createIndexes":"verification","indexes":[{"key":{"identifier":1},"name":"identifier_1"}]}`
	if got != want {
		t.Errorf("Migrate plans\n%s\nwant\n%s", got, want)
	}
}
