package config

import (
	"strings"
	"testing"
)

func TestCORS(t *testing.T) {
	for text, want := range map[string]string{
		`{"cors": {"methods": ["GET", "DELETE"]}}`: "",
		`{"cors": {"methods": ["get"]}}`:           "cors.methods: \"get\" is no method",
		`{"cors": {"methods": ["GET, POST"]}}`:     "cors.methods: ",
	} {
		if err := mustDecode(t, text).Check(); (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: Check = %v, want %q", text, err, want)
		}
	}
}
