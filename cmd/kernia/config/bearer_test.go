package config

import (
	"testing"

	"github.com/kernia-go/kernia/core/feature/bearer"
)

func TestBearer(t *testing.T) {
	checkOptions(t, "plugins.bearer", bearer.Feature{}, map[string]option{
		"requireSignature": {`true`, bearer.Feature{RequireSignature: true}},
	})
}
