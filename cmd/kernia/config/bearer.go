package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/bearer"
)

// Bearer lets clients without cookies send `Authorization: Bearer`; answers that begin a session have the header
// `set-auth-token`.
type Bearer struct {
	// The token counts only with its signature, as that header has it.
	RequireSignature bool `key:"requireSignature"`
}

func (b *Bearer) feature(*Settings) (f kernia.Feature, on bool) {
	return bearer.Feature{RequireSignature: b.RequireSignature}, true
}
