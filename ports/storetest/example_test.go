package storetest_test

import (
	"fmt"
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
	"github.com/kernia-go/kernia/ports/storetest"
)

// A store of your own has one test. Here it is package memory; yours connects to its server and makes a database
// of that name, or opens the one that it made before.
func Example() {
	open := func(*testing.T, string) ports.Store { return memory.New() }
	// In a test file this is func TestStore(t *testing.T).
	testStore := func(t *testing.T) {
		storetest.Run(t, open, storetest.OneProcess, storetest.IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID))
	}

	fmt.Println("keeps every promise:", passes(testStore))
	// Output: keeps every promise: true
}
