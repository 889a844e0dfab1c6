package config

import "strings"

// CORS says how pages of trusted origins may call from a browser.
type CORS struct {
	// The server answers preflight requests and sets the CORS headers itself, for `/ready` too. Set it to false where
	// a proxy before it does: a browser refuses headers that come twice.
	Enabled bool `key:"enabled" default:"true"`
	// The methods that such pages may use.
	Methods []string `key:"methods" unset:"[\"GET\", \"POST\"]"`
}

func (c *CORS) check(to *checker) {
	for _, m := range c.Methods {
		if strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			to.wrong("methods", "%q is no method; write it in upper case, as GET", m)
		}
	}
}
