package transporttest

import (
	"net/netip"
	"slices"
	"strings"
)

// heading is about the head of a request: what is no header line of it does not exist, and what two servers could read
// in two ways is refused, as net/http refuses it.
func heading() []promise {
	return []promise{
		{"IgnoresTrailers_B02", ignoresTrailers},
		{"RefusesTwoLengths_H09", refusesTwoLengths},
		{"RefusesUnknownEncodings_H09", refusesUnknownEncodings},
		{"RefusesUnclearHosts_H09", refusesUnclearHosts},
		{"RefusesControlCharacters_H09", refusesControlCharacters},
		{"RefusesMalformedRequestLines_H09", refusesMalformedRequestLines},
	}
}

// trailed is a chunked body followed by trailers.
func trailed(body string, trailers ...string) string {
	return strings.TrimSuffix(chunks(body), "\r\n") + strings.Join(trailers, "\r\n") + "\r\n\r\n"
}

// ignoresTrailers lets an engine refuse a trailer; what it takes is no header.
func ignoresTrailers(k *kit) {
	w := k.world(func(s *setup) { s.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	cookie, _ := w.signIn("ann@example.com")
	for _, declared := range []bool{false, true} {
		for _, trailer := range []string{
			"X-Forwarded-For: 198.51.100.9", "x-forwarded-for: 198.51.100.9", "Cookie: " + cookie, "Origin: http://foreign.example", "Authorization: Bearer trailer",
			"X-Kit: trailer", "User-Agent: trailer", "Content-Type: text/plain", "Accept: trailer",
		} {
			name, _, _ := strings.Cut(trailer, ":")
			headers := []string{asJSON, fromUs, chunked, "User-Agent: head", "X-Forwarded-For: 203.0.113.1", "X-Kit: a", "X-Kit: b", "Cookie: a=b; c=d"}
			if declared {
				headers = append(headers, "Trailer: "+name)
			}
			w.trail(trailer, headers)
			guarded := []string{chunked}
			if name != "Origin" {
				guarded = append(guarded, fromUs)
			}
			for _, path := range []string{"/required", "/optional"} {
				if a := w.ask("POST", path, trailed("{}", trailer), guarded...); a.status == 200 && a.body != "nobody" || a.status == 403 {
					k.Errorf("POST %s with the trailer %q: %d %s, want nobody", path, trailer, a.status, a.body)
				}
			}
		}
	}
	origin := w.ask("POST", "/required", trailed("{}", fromUs), "Cookie: "+cookie, chunked)
	if origin.status != 403 && origin.status != 400 {
		k.Errorf("our own origin as a trailer: %d %s, want 403", origin.status, origin.body)
	}
}

// trail sends a body with a trailer, once with header lines of that name and once without any, and compares what the
// core got with the lines.
func (w *world) trail(trailer string, headers []string) {
	w.Helper()
	name, _, _ := strings.Cut(trailer, ":")
	bare := slices.DeleteFunc(slices.Clone(headers), func(l string) bool { return strings.HasPrefix(strings.ToLower(l), strings.ToLower(name)+":") })
	for _, lines := range [][]string{headers, bare} {
		want := map[string][]string{}
		for _, l := range lines {
			key, value, _ := strings.Cut(l, ": ")
			want[key] = append(want[key], value)
		}
		a := w.ask("POST", base+"/kit/keep", trailed(`{"value":"a"}`, trailer), lines...)
		if a.status != 200 {
			w.probe.take() // an engine may refuse a trailer; without a Content-Type the core does
			continue
		}
		h := w.one()
		for _, key := range []string{"X-Forwarded-For", "Cookie", "Origin", "Authorization", "X-Kit", "User-Agent", "Content-Type", "Accept"} {
			w.want(key+" beside the trailer "+trailer, h.header[key], want[key])
		}
	}
}

// private is in every request that is to be refused, and in no answer.
const private = "kit-private-cookie"

// refused sends the head of a request, a body and a second request. The first is refused, nothing of it is repeated,
// and the connection ends.
func (w *world) refused(what, head, body string) {
	w.Helper()
	next := message("GET", base+"/kit/echo/next", "", "Connection: close")
	c := w.dial()
	defer func() { _ = c.Close() }()
	c.send(head + "\r\n" + body + next)
	a, err := c.answer("GET")
	if err == nil && (a.status < 400 || a.status > 499 && a.status != 501 && a.status != 505) {
		w.Errorf("%s: %d %.100q, want a refusal", what, a.status, a.body)
	}
	if strings.Contains(a.body+strings.Join(a.lines, "\n"), private) {
		w.Errorf("%s: the answer repeats the request: %.200q", what, a.body)
	}
	if seen := w.probe.take(); len(seen) > 0 || w.visited() > 0 {
		w.Errorf("%s: an operation ran", what)
	}
	if a, err := c.answer("GET"); err == nil {
		w.Errorf("%s: the connection stays open and answers %d %.100q", what, a.status, a.body)
	}
}

// posted is the head of a request that carries a body, without its length.
func posted(target string, lines ...string) string {
	head := "POST " + target + " HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\nOrigin: " + origin + "\r\nCookie: a=" + private + "\r\n"
	return head + strings.Join(lines, "\r\n") + "\r\n"
}

var targets = []string{base + "/kit/keep?" + private, "/required?" + private, "/optional?" + private}

func refusesTwoLengths(k *kit) {
	w := k.world()
	body := `{"value":"a"}`
	for _, t := range targets {
		w.refused("two lengths, the first shorter", posted(t, "Content-Length: 2", "Content-Length: 13"), body)
		w.refused("two lengths, the second shorter", posted(t, "Content-Length: 13", "Content-Length: 2"), body)
		w.refused("a list of lengths", posted(t, "Content-Length: 13, 2"), body)
		w.refused("a length with a sign", posted(t, "Content-Length: +13"), body)
		w.refused("no number beside chunks", posted(t, "Transfer-Encoding: chunked", "Content-Length: x"), chunks(body))
	}
}

func refusesUnknownEncodings(k *kit) {
	w := k.world()
	body := `{"value":"a"}`
	for _, t := range targets {
		for _, e := range []string{"xchunked", "gzip, chunked", "chunked, chunked", "chunked, identity", "gzip", "\x0bchunked"} {
			w.refused("the encoding "+e, posted(t, "Transfer-Encoding: "+e), chunks(body))
		}
		w.refused("the encoding identity", posted(t, "Transfer-Encoding: identity", "Content-Length: 13"), body)
		w.refused("two encodings", posted(t, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), chunks(body))
		w.refused("two encodings that differ", posted(t, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"), chunks(body))
		w.refused("a space before the colon", posted(t, "Transfer-Encoding : chunked"), chunks(body))
	}
}

// got is the head of a GET request with the lines.
func got(target string, lines ...string) string {
	return "GET " + target + " HTTP/1.1\r\n" + strings.Join(append(lines, "Cookie: a="+private), "\r\n") + "\r\n"
}

var gets = []string{base + "/kit/echo/a?" + private, "/required?" + private, "/optional?" + private}

func refusesUnclearHosts(k *kit) {
	w := k.world()
	for _, t := range gets {
		w.refused("two hosts", got(t, "Host: localhost:8080", "Host: foreign.example"), "")
		w.refused("one host twice", got(t, "Host: localhost:8080", "host: localhost:8080"), "")
		w.refused("no host", got(t, "Accept: text/html"), "")
		w.refused("a host with a quote", got(t, `Host: local"host`), "")
		w.refused("an absolute target without a host", got("http://localhost:8080"+t, "Accept: text/html"), "")
	}
}

func refusesControlCharacters(k *kit) {
	w := k.world()
	for _, t := range gets {
		for _, line := range []string{"Cookie: b=c\x00d", "X-Kit: a\x00", "X-Kit: a\x0bb", "X-Kit: a\x7f", "X-Kit: a\rb", "Authorization: Bearer a\x01", "X-K\x00it: a", "X Kit: a", ": a", "X-Kit(a): b"} {
			w.refused("the line "+line, got(t, "Host: localhost:8080", line), "")
		}
	}
}

func refusesMalformedRequestLines(k *kit) {
	w := k.world()
	rest := "\r\nHost: localhost:8080\r\nCookie: a=" + private + "\r\n"
	for _, t := range gets {
		for _, line := range []string{
			"GET " + t + " a HTTP/1.1", "GET " + t + " HTTP/2.0", "GET " + t + " HTTP/1.11", "GET " + t + " HTTQ/1.1", "GET " + t + " junk", " " + t + " HTTP/1.1",
			"GET " + base + "/kit/echo/%zz?" + private + " HTTP/1.1",
		} {
			w.refused("the line "+line, line+rest, "")
		}
		if !k.noVersion {
			w.refused("a line without a version", "GET "+t+rest, "")
		}
	}
}
