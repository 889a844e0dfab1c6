package featuretest

import (
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// open returns an empty store, where the option [Store] says nothing. The tests in e2e/features put another file in the
// place of this one.
func open(testing.TB) ports.Store { return memory.New() }
