package cli

import (
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// A cors lets pages of trusted origins call with cookies. The zero cors says nothing: a proxy does.
type cors struct {
	auth    *kernia.Auth
	methods string // as a preflight answer lists them
}

// The lists are whole, so that the routes have nothing to add in a second line.
const (
	varying = "Cookie, Authorization, Origin"
	exposed = "set-auth-token, Retry-After, X-Retry-After"
)

// answer returns the headers for whatever answer the request gets, and the answer to a preflight request. The origin
// is always named, never "*", and no other origin is told anything.
func (c cors) answer(r *kernia.Request) ([]kernia.HeaderLine, *kernia.Response) {
	if c.auth == nil || r.Path != "/ready" && !strings.HasPrefix(r.Path, c.auth.BasePath()+"/") {
		return nil, nil
	}
	origin := r.Header.First("Origin")
	asks := r.Method == "OPTIONS" && origin != "" && r.Header.First("Access-Control-Request-Method") != ""
	lines := []kernia.HeaderLine{{Name: "Vary", Value: varying}}
	if asks {
		lines[0].Value += ", Access-Control-Request-Headers"
	}
	if len(r.Header["Origin"]) != 1 || !c.auth.TrustsOrigin(origin) {
		if asks {
			return lines, &kernia.Response{Status: 403}
		}
		return lines, nil
	}
	lines = append(lines,
		kernia.HeaderLine{Name: "Access-Control-Allow-Origin", Value: origin},
		kernia.HeaderLine{Name: "Access-Control-Allow-Credentials", Value: "true"})
	if !asks {
		return append(lines, kernia.HeaderLine{Name: "Access-Control-Expose-Headers", Value: exposed}), nil
	}
	lines = append(lines,
		kernia.HeaderLine{Name: "Access-Control-Allow-Methods", Value: c.methods},
		kernia.HeaderLine{Name: "Access-Control-Allow-Headers", Value: wanted(r.Header["Access-Control-Request-Headers"])},
		kernia.HeaderLine{Name: "Access-Control-Max-Age", Value: "600"})
	return lines, &kernia.Response{Status: 204}
}

// wanted returns the headers that a preflight request asks for, which a trusted page may all send: those of tracing, for
// instance. Where it asks for none, or for what is no list of names, these are the headers of our own client.
func wanted(asked []string) string {
	const own, most = "content-type, authorization", 4 << 10
	if len(asked) != 1 || asked[0] == "" || len(asked[0]) > most {
		return own
	}
	for i := range len(asked[0]) {
		switch b := asked[0][i]; {
		case 'a' <= b|0x20 && b|0x20 <= 'z', '0' <= b && b <= '9', strings.IndexByte("-_.!#$%&'*+^`|~, ", b) >= 0:
		default:
			return own
		}
	}
	return asked[0]
}
