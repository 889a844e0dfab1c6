// Package bearer lets clients that keep no cookies present their session by "Authorization: Bearer". Give its
// Feature to kernia.New.
package bearer

import (
	"context"
	"net/url"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// Feature accepts session tokens as bearer tokens (RFC 6750, section 2.1): as the body of the sign-in has them, or with
// their signature as the header set-auth-token has them. Every answer that sets the session cookie has that header. Its
// zero value has Better Auth's defaults.
type Feature struct {
	RequireSignature bool // the bare token does not count
}

// Declare adds the Authorization scheme and the header.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name("bearer")
	d.Authenticate("Authorization", f.present)
	d.Issued(expose)
}

// present reads an Authorization header.
func (f Feature) present(_ context.Context, c *kernia.Call, header string) (kernia.Presented, error) {
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return kernia.Presented{}, nil
	}
	token, ok := f.read(c, strings.TrimSpace(value))
	if !ok {
		return kernia.Presented{}, nil
	}
	return kernia.Presented{Token: token}, nil
}

// read returns the token of a header. A bad signature says nothing: the cookie counts then.
func (f Feature) read(c *kernia.Call, value string) (token string, ok bool) {
	if !strings.Contains(value, ".") {
		return value, value != "" && !f.RequireSignature
	}
	if plain, err := url.PathUnescape(value); err == nil {
		value = plain
	}
	return c.OpenSigned(value)
}

// expose writes the token where a script can read it, unless the script is one of a foreign page.
func expose(c *kernia.Call, token string) {
	if from := c.Header("Origin"); from != "" && !c.Trusted(from) {
		return
	}
	c.SetHeader("Access-Control-Expose-Headers", "set-auth-token")
	c.SetHeader("Set-Auth-Token", c.Signed(token))
}
