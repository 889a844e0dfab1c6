package kerniamongo_test

import (
	"testing"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

// TestStore proves the contract of ports.Store. Its savepoints and rollbacks are left out: a stand-alone server has
// none, and a replica set has no savepoints. TestTx proves what a replica set has.
func TestStore(t *testing.T) {
	need(t)
	storetest.Run(t, func(t *testing.T, name string) ports.Store {
		return kerniamongo.New(database(t, name), kerniamongo.Options{Prefix: "k_", KeepExpired: true})
	}, storetest.NoRollback, storetest.IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID))
}
