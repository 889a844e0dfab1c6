package main

import (
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T, string) ports.Store { return New() }, storetest.OneProcess)
}
