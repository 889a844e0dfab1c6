package config

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Advanced has cookies, addresses and ids.
type Advanced struct {
	// Before the name of each cookie.
	CookiePrefix string `key:"cookiePrefix" default:"better-auth"`
	// Cookies are Secure and their names begin with `__Secure-`.
	UseSecureCookies        *bool                 `key:"useSecureCookies" unset:"where baseURL is https"`
	CrossSubDomainCookies   CrossSubDomainCookies `key:"crossSubDomainCookies"`
	DefaultCookieAttributes CookieAttributes      `key:"defaultCookieAttributes"`
	// Cookies with a name of their own: `session_token`, `session_data`, `dont_remember`.
	Cookies   map[string]Cookie `key:"cookies"`
	Database  Database          `key:"database"`
	IPAddress IPAddress         `key:"ipAddress"`
}

// CrossSubDomainCookies shares cookies between the hosts of a domain.
type CrossSubDomainCookies struct {
	// Cookies go to all hosts of a domain.
	Enabled bool `key:"enabled"`
	// That domain.
	Domain string `key:"domain" unset:"the host of baseURL"`
}

// CookieAttributes are the attributes of every cookie.
type CookieAttributes struct {
	// `lax`, `strict` or `none`; none makes cookies Secure.
	SameSite string `key:"sameSite" unset:"lax"`
	// Only what `advanced.useSecureCookies` or the scheme of baseURL says already; anything else is an error.
	Secure *bool `key:"secure"`
	// Cookies are kept apart for each top-level site, and Secure.
	Partitioned bool `key:"partitioned"`
	// The domain whose hosts get the cookies.
	Domain string `key:"domain" unset:"the host alone"`
}

// Cookie is about one cookie.
type Cookie struct {
	// The name, without the prefix `__Secure-`.
	Name string `key:"name"`
}

// Database has the form of ids.
type Database struct {
	// `uuid`, or `serial`: numbers that the database counts.
	GenerateID string `key:"generateId" unset:"32 letters and digits; in MongoDB an ObjectId"`
}

// IPAddress says how the address of a client is found.
type IPAddress struct {
	// Networks or addresses of proxies whose `X-Forwarded-For` is believed. Without any the client is whoever
	// connects.
	TrustedProxies []string `key:"trustedProxies"`
}

func (a *Advanced) check(c *checker) {
	c.oneOf("database.generateId", a.Database.GenerateID, "uuid", "serial")
	c.oneOf("defaultCookieAttributes.sameSite", strings.ToLower(a.DefaultCookieAttributes.SameSite), "lax", "strict", "none")
	for i, text := range a.IPAddress.TrustedProxies {
		if _, err := network(text); err != nil {
			c.wrong("ipAddress.trustedProxies["+strconv.Itoa(i)+"]", "want a network, as 10.0.0.0/8, or an address")
		}
	}
	cross := a.CrossSubDomainCookies
	if cross.Domain != "" && !cross.Enabled {
		c.wrong("crossSubDomainCookies.domain", "has no effect unless enabled is true")
	}
	if cross.Enabled && cross.Domain == "" && c.all.BaseURL == "" {
		c.wrong("crossSubDomainCookies.domain", "is missing, and there is no baseURL to take it from")
	}
	if secure := a.DefaultCookieAttributes.Secure; secure != nil && *secure != c.all.secureCookies() {
		c.wrong("defaultCookieAttributes.secure",
			"differs from what advanced.useSecureCookies or the scheme of baseURL says; set advanced.useSecureCookies")
	}
}

// secureCookies reports whether cookies are for TLS alone, as far as the configuration tells.
func (s *Settings) secureCookies() bool {
	if s.Advanced.UseSecureCookies != nil {
		return *s.Advanced.UseSecureCookies
	}
	return strings.HasPrefix(strings.ToLower(s.BaseURL), "https://")
}

func (s *Settings) cookies() kernia.CookieConfig {
	a := &s.Advanced
	d := a.DefaultCookieAttributes
	c := kernia.CookieConfig{
		Prefix: a.CookiePrefix, Secure: a.UseSecureCookies, SameSite: d.SameSite, Partitioned: d.Partitioned, Domain: d.Domain,
	}
	if a.CrossSubDomainCookies.Enabled {
		c.Domain = a.CrossSubDomainCookies.Domain
		if u, err := url.Parse(s.BaseURL); err == nil && c.Domain == "" {
			c.Domain = u.Hostname()
		}
	}
	for name, cookie := range a.Cookies {
		if c.Names == nil {
			c.Names = map[string]string{}
		}
		c.Names[name] = cookie.Name
	}
	return c
}

// ids returns the form of new ids: MongoDB has its own where the configuration says nothing.
func (s *Settings) ids() ports.IDKind {
	switch {
	case s.Advanced.Database.GenerateID == "uuid":
		return ports.IDUUID
	case s.Advanced.Database.GenerateID == "serial":
		return ports.IDSerial
	case s.Store.Driver == "mongo":
		return ports.IDObjectID
	}
	return 0
}

// networks reads CIDRs and addresses that have been checked.
func networks(texts []string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		n, _ := network(text)
		all = append(all, n)
	}
	return all
}

// network reads a CIDR, or an address as the network of it alone.
func network(text string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(ip, ip.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}
