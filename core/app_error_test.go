package kernia_test

import (
	"errors"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
)

func TestErrorWithKind(t *testing.T) {
	e := &kernia.Error{Kind: kernia.Invalid, Code: "NAME_TOO_SHORT", Message: "Too short"}
	other := e.WithKind(kernia.Unprocessable)
	if e.Kind != kernia.Invalid || other.Kind.Status() != 422 || !errors.Is(other, e) || !errors.Is(e, other) {
		t.Errorf("%v became %v under another kind, want the same error with status 422", e, other)
	}
	// Without a code the kind is what tells two errors apart.
	if empty := (&kernia.Error{Kind: kernia.NotFound}); errors.Is(empty, empty.WithKind(kernia.Denied)) {
		t.Errorf("a 404 without a code is a 403")
	}
}
