package main

import (
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

func TestStore(t *testing.T) {
	opened := map[string]*Store{} // a store in one process is opened again by finding it
	storetest.Run(t, func(_ *testing.T, name string) ports.Store {
		if opened[name] == nil {
			opened[name] = New()
		}
		return opened[name]
	})
}
