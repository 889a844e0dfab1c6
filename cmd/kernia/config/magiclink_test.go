package config

import (
	"testing"
	"time"

	"github.com/kernia-go/kernia/core/feature/magiclink"
)

func TestMagicLink(t *testing.T) {
	checkOptions(t, "plugins.magicLink", magiclink.Feature{ExpiresIn: 5 * time.Minute}, map[string]option{
		"sendMagicLink": {`false`, nil},
		"expiresIn":     {`60`, magiclink.Feature{ExpiresIn: time.Minute}},
		"disableSignUp": {`true`, magiclink.Feature{ExpiresIn: 5 * time.Minute, DisableSignUp: true}},
	})
}
