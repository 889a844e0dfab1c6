package origin

import (
	"strings"
)

// A Set is what a configuration trusts. It is safe for concurrent use; nil and the zero value trust nothing.
type Set struct {
	exact map[string]struct{}
	webs  []web
	apps  []app
}

// Parse reads trusted origins: serialised origins ("https://app.example.com"), wildcards with a scheme
// ("https://*.example.com") or without ("*.example.com", http and https), and custom schemes ("myapp://", any
// authority; "myapp://callback", that one alone; "myapp:/" is "myapp://"). An entry that could never match, or would
// match everybody, is an error that names it.
func Parse(patterns []string) (*Set, error) {
	s := &Set{exact: make(map[string]struct{}, len(patterns))}
	for _, entry := range patterns {
		if err := s.add(entry); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Set) add(entry string) error {
	if entry == "" || !clean(entry) || !ascii(entry) || strings.IndexByte(entry, ' ') >= 0 {
		return fault(entry, "empty, or holds a space, control or non-ASCII character (write international names in punycode)")
	}
	scheme, rest, ok := cutScheme(entry)
	webby := strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
	if ok && !webby && strings.HasPrefix(rest, "/") {
		p, err := parseApp(entry, scheme, rest)
		s.apps = append(s.apps, p)
		return err
	}
	if strings.ContainsAny(entry, "*?") {
		p, err := parseWeb(entry)
		s.webs = append(s.webs, p)
		return err
	}
	origin, ok := Of(entry)
	if !ok {
		return fault(entry, "no origin: write scheme://host or scheme://host:port")
	}
	if origin != entry {
		return fault(entry, "never equals the origin a browser sends; write "+origin)
	}
	s.exact[entry] = struct{}{}
	return nil
}

// Trusts reports whether origin, the value of an Origin header or the URL of a Referer, belongs to the set. The empty
// string and "null" never do.
func (s *Set) Trusts(origin string) bool {
	if s == nil || len(origin) > MaxTarget || !clean(origin) {
		return false
	}
	if normal, ok := Of(origin); ok {
		return s.trustsWeb(normal)
	}
	return s.trustsApp(origin)
}

// trustsWeb takes a serialised origin.
func (s *Set) trustsWeb(origin string) bool {
	if _, ok := s.exact[origin]; ok {
		return true
	}
	if len(s.webs) == 0 {
		return false
	}
	scheme, authority, _ := strings.Cut(origin, "://")
	host, port, _ := splitHost(authority)
	for _, p := range s.webs {
		if p.matches(scheme, host, port) {
			return true
		}
	}
	return false
}

func (s *Set) trustsApp(target string) bool {
	scheme, rest, ok := cutScheme(target)
	if !ok || !strings.HasPrefix(rest, "/") || strings.IndexByte(target, ' ') >= 0 {
		return false
	}
	scheme = strings.ToLower(scheme)
	authority, path := cutAuthority(rest)
	if strings.IndexByte(authority, '@') >= 0 {
		return false // a user looks like a host to somebody
	}
	for _, p := range s.apps { // holds neither http, https nor what never names: Parse saw to it
		if p.matches(scheme, authority, path) {
			return true
		}
	}
	return false
}
