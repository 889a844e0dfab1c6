package main

import (
	"testing"

	"github.com/kernia-go/kernia/examples/internal/programtest"
)

func TestProgram(t *testing.T) { programtest.Tour(t, run) }
