package storetest_test

import (
	"flag"
	"testing"
)

// passes runs a test within an example, without its log, which would be taken for the example's output.
func passes(test func(t *testing.T)) bool {
	verbose := flag.Lookup("test.v").Value
	before := verbose.String()
	_ = verbose.Set("false")
	defer func() { _ = verbose.Set(before) }()
	everything := func(_, _ string) (bool, error) { return true, nil }
	return testing.RunTests(everything, []testing.InternalTest{{Name: "TestStore", F: test}})
}
