package transporttest

import (
	"net"
	"net/netip"
	"strings"
	"time"
)

func addressing() []promise {
	return []promise{
		{"HandsOverThePeer_B02", handsOverThePeer},
		{"IgnoresForwardingHeaders_B02", ignoresForwardingHeaders},
		{"ReadsForwardingFromTheRight_B02", readsForwardingFromTheRight},
		{"IgnoresForwardedProto_H08", ignoresForwardedProto},
		{"KeepsCookiesSecure_H08", keepsCookiesSecure},
	}
}

func handsOverThePeer(k *kit) {
	w := k.world()
	c := w.dial()
	defer func() { _ = c.Close() }()
	c.ask("GET", base+"/kit/address", "", "X-Forwarded-For: 203.0.113.1", "X-Real-IP: 203.0.113.2", "Forwarded: for=203.0.113.3", "True-Client-IP: 203.0.113.4")
	got, want := w.one().remote, c.LocalAddr().String()
	if host, _, _ := net.SplitHostPort(want); got != want && got != host {
		k.Errorf("the peer: got %q, want %q", got, want)
	}
}

// address returns what the core takes for the client's address.
func (w *world) address(headers ...string) string {
	w.Helper()
	a := w.get("/kit/address", headers...)
	_, rest, _ := strings.Cut(a.body, `"value":"`)
	ip, _, _ := strings.Cut(rest, `"`)
	return ip
}

func ignoresForwardingHeaders(k *kit) {
	w := k.world()
	for _, line := range []string{"X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 127.0.0.1, 203.0.113.1", "X-Real-IP: 203.0.113.2", "Forwarded: for=203.0.113.3", "X-Client-IP: 203.0.113.4"} {
		k.want("the address with "+line, w.address(line), "127.0.0.1")
	}
}

func readsForwardingFromTheRight(k *kit) {
	w := k.world(func(s *setup) {
		s.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{nil, "127.0.0.1"},
		{[]string{"203.0.113.1"}, "203.0.113.1"},
		{[]string{"198.51.100.9, 203.0.113.1"}, "203.0.113.1"},
		{[]string{"198.51.100.9, 203.0.113.1, 10.1.1.1"}, "203.0.113.1"},
		{[]string{"198.51.100.9", "203.0.113.1"}, "203.0.113.1"},
		{[]string{"203.0.113.1", "10.1.1.1", "10.2.2.2"}, "203.0.113.1"},
		{[]string{"203.0.113.1, junk"}, ""},
		{[]string{"203.0.113.1", "junk"}, ""},
	} {
		var lines []string
		for _, l := range c.lines {
			lines = append(lines, "X-Forwarded-For: "+l)
		}
		k.want("the address with "+strings.Join(lines, " and "), w.address(lines...), c.want)
	}
}

func ignoresForwardedProto(k *kit) {
	w := k.world()
	w.user("ann@example.com")
	for _, line := range []string{"X-Forwarded-Proto: https", "X-Forwarded-Protocol: https", "X-Forwarded-Ssl: on", "X-Url-Scheme: https", "Forwarded: proto=https", "Front-End-Https: on", "X-Forwarded-Scheme: https"} {
		w.get("/kit/address", line)
		if w.one().secure {
			k.Errorf("%s makes the connection secure", line)
		}
		a := w.post("/kit/sign-in", `{"email":"ann@example.com"}`, line)
		if len(a.values("Set-Cookie")) == 0 {
			k.Fatalf("no cookie: %d %s", a.status, a.body)
		}
		for _, c := range a.values("Set-Cookie") {
			if strings.Contains(c, "Secure") {
				k.Errorf("%s makes a cookie Secure: %s", line, c)
			}
		}
	}
}

func keepsCookiesSecure(k *kit) {
	w := k.world(func(s *setup) { s.Config.BaseURL = "https://auth.example.com" + base })
	cookie, _ := w.signIn("ann@example.com")
	for _, line := range []string{"X-Forwarded-Proto: http", "X-Kit: none"} {
		a := w.ask("POST", base+"/kit/sign-in", `{"email":"ann@example.com","forget":true}`, "Content-Type: application/json", line)
		w.clock.Advance(25 * time.Hour)
		g := w.ask("GET", "/required", "", "Cookie: "+cookie, line)
		lines := append(a.values("Set-Cookie"), g.values("Set-Cookie")...)
		if len(lines) != 3 {
			k.Fatalf("%d cookies, want 3: %q", len(lines), lines)
		}
		for _, c := range lines {
			if !strings.HasPrefix(c, "__Secure-") || !strings.Contains(c, "; Secure") {
				k.Errorf("with %s a cookie is not Secure: %s", line, c)
			}
		}
	}
}
