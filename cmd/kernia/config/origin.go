package config

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// checkOrigins refuses wildcards for sites of many owners, such as "https://*.github.io". What else may be wrong with
// an origin is for [kernia.New] to say.
func (s *Settings) checkOrigins(c *checker) {
	for i, entry := range s.TrustedOrigins {
		if suffix := publicSuffix(entry); suffix != "" {
			c.wrong(fmt.Sprintf("trustedOrigins[%d]", i), "anybody can own a name under %s; name a whole domain after the wildcard, as *.example.com", suffix)
		}
	}
}

// publicSuffix returns the domain after the last wildcard of a trusted origin if anybody can own a name under it.
func publicSuffix(entry string) string {
	scheme, host, found := strings.Cut(entry, "://")
	if found && !strings.HasPrefix(scheme, "http") && !strings.ContainsAny(scheme, "*?") {
		return "" // an application's own scheme
	}
	if !found {
		host = entry
	}
	host, _, _ = strings.Cut(host, ":")
	wildcard := strings.LastIndexAny(host, "*?")
	if wildcard < 0 {
		return ""
	}
	_, domain, _ := strings.Cut(host[wildcard:], ".")
	if !strings.Contains(domain, ".") {
		return "" // a top-level domain
	}
	// The list has rules with wildcards of their own: every name under kawasaki.jp is a public suffix.
	if suffix, _ := publicsuffix.PublicSuffix("x." + domain); len(suffix) >= len(domain) {
		return domain
	}
	return ""
}
