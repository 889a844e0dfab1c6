// Package servers tells tests where the servers are that make test has started.
package servers

import (
	"os"
	"testing"
)

// URL returns the URL of a server, from the environment variable with the name. Without one the test is skipped, and
// says so; in CI it fails.
func URL(t *testing.T, name string) string {
	t.Helper()
	if u := os.Getenv(name); u != "" {
		return u
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set: make test starts the server", name)
	}
	t.Skipf("needs a server in %s, as make test starts it", name)
	return ""
}
