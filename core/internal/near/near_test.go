package near_test

import (
	"testing"

	"github.com/kernia-go/kernia/core/internal/near"
)

func TestWord(t *testing.T) {
	list := []string{"/sign-in/email", "/update-user", "/ok"}
	for s, want := range map[string]string{
		"/sign-in/emial": "/sign-in/email", "/update-users": "/update-user", "/upate-user": "/update-user", "/update-user": "",
		"/update": "", "/list-accounts": "", "": "",
	} {
		if got := near.Word(s, list); got != want {
			t.Errorf("Word(%q) = %q, want %q", s, got, want)
		}
	}
}
