package fetchtest

import (
	"errors"
	"net"

	"github.com/kernia-go/kernia/ports"
)

func guardPromises() []promise {
	return []promise{
		{"ReturnsRedirects_C10", returnsRedirects},
		{"RefusesHTTP_C10", refusesHTTP},
		{"RefusesInternalAddresses_C10", refusesInternal},
		{"JudgesTheDialledAddress_C10", judgesDialled},
		{"CallsNamedOriginsAlone_C10", callsNamed},
		{"IgnoresProxiesOfTheEnvironment_C10", ignoresProxies},
		{"VerifiesCertificates", verifies},
	}
}

func returnsRedirects(p *probe) {
	for _, status := range []string{"301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"} {
		target := p.serve(reply("200 OK", "secret"))
		s := p.serve(reply(status, "", "Location: "+target.origin+"/latest/meta-data"))
		answer := p.ok(p.fetcher(s, target), ports.FetchRequest{URL: s.origin})
		if answer.Lookup("Location") != target.origin+"/latest/meta-data" || answer.Status/100 != 3 {
			p.Errorf("%s gave %d, Location %q", status, answer.Status, answer.Lookup("Location"))
		}
		p.unheard(target)
	}
}

func refusesHTTP(p *probe) {
	s := p.servePlain(reply("200 OK", ""))
	named := p.serve(reply("200 OK", ""))
	p.fails(p.fetcher(named), ports.FetchRequest{URL: s.origin}, ports.ErrForbidden)
	p.fails(p.fetcher(named), ports.FetchRequest{URL: "http" + named.origin[len("https"):]}, ports.ErrForbidden)
	p.fails(p.fetcher(named), ports.FetchRequest{URL: "http://example.com"}, ports.ErrForbidden)
	p.unheard(s)
	p.unheard(named)
	p.ok(p.fetcher(s), ports.FetchRequest{URL: s.origin})
}

// refusesInternal tries an address of each kind, written in each way.
func refusesInternal(p *probe) {
	s := p.serve(reply("200 OK", ""))
	f := p.fetcher()
	for _, host := range []string{
		"127.0.0.1:" + s.port, "[::ffff:127.0.0.1]:" + s.port, "[::ffff:7f00:1]:" + s.port, "[64:ff9b::7f00:1]:" + s.port, // this machine
		"0.0.0.0:" + s.port, "[::]:" + s.port, "127.255.255.254:" + s.port, "[::1]:" + s.port, "[::127.0.0.1]:" + s.port,
		"10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "[fd00::1]", "[fc00::1]", "[fec0::1]", // private networks
		"169.254.169.254", "[fe80::1]", "[fe80::1%25lo]", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "192.0.0.192", // metadata
		"100.64.0.1", "100.127.255.254", "198.18.0.1", "198.19.255.254", // shared address space, benchmarks
		"224.0.0.1", "239.255.255.255", "[ff02::1]", "240.0.0.1", "255.255.255.255", // many at once, nobody yet
		"192.0.2.1", "198.51.100.1", "203.0.113.1", "[2001:db8::1]", "[3fff::1]", // documentation
		"[2002:7f00:1::]", "[2001:0:7f00:1::]", "192.88.99.1", // tunnels
	} {
		p.fails(f, ports.FetchRequest{URL: "https://" + host + "/"}, ports.ErrForbidden)
	}
	// A resolver may take these for 127.0.0.1, or for names that do not exist.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "１２７.0.0.1", "127。0。0。1"} {
		answer, err := p.fetch(f, ports.FetchRequest{URL: "https://" + host + ":" + s.port})
		if err == nil {
			p.Errorf("https://%s gave %d, want an error", host, answer.Status)
		}
	}
	p.unheard(s)
}

// judgesDialled takes a name whose address is known only once it is looked up.
func judgesDialled(p *probe) {
	s := p.serve(reply("200 OK", ""))
	for _, host := range []string{"localhost", "LOCALHOST"} {
		p.fails(p.fetcher(), ports.FetchRequest{URL: "https://" + host + ":" + s.port}, ports.ErrForbidden)
	}
	p.unheard(s)
}

func callsNamed(p *probe) {
	named, plain, other := p.serve(reply("200 OK", "")), p.servePlain(reply("200 OK", "")), p.serve(reply("200 OK", ""))
	f := p.fetcher(named, plain)
	p.ok(f, ports.FetchRequest{URL: named.origin})
	p.ok(f, ports.FetchRequest{URL: plain.origin})
	before := named.accepted() + plain.accepted()
	for _, origin := range []string{
		other.origin, "https://localhost:" + named.port, "https://127.0.0.2:" + named.port, "https://127.0.0.1",
		"http://127.0.0.1:" + named.port, "https://127.0.0.1:" + plain.port,
	} {
		p.fails(f, ports.FetchRequest{URL: origin}, ports.ErrForbidden)
	}
	p.unheard(other)
	if now := named.accepted() + plain.accepted(); now != before {
		p.Errorf("other origins led to %d connections", now-before)
	}
}

// ignoresProxies names a server that does not exist: it can only be reached through the environment's proxy.
func ignoresProxies(p *probe) {
	origin := "https://proxied.invalid"
	f := p.open(Setting{Origins: []string{origin}, Timeout: p.patience / 2, BodyLimit: bodyLimit})
	if answer, err := p.fetch(f, ports.FetchRequest{URL: origin}); !errors.Is(err, ports.ErrUnavailable) {
		p.Errorf("a host that does not exist gave %d, %v, want ErrUnavailable", answer.Status, err)
	}
	if n := p.trap.Load(); n != 0 {
		p.Errorf("the proxy of the environment got %d connections, want none", n)
	}
}

func verifies(p *probe) {
	certificate, root := p.certificate("other.test", net.IPv4(192, 0, 2, 1))
	other := p.start("https", &certificate, root, reply("200 OK", ""))
	unknown := p.serve(reply("200 OK", ""))
	unknown.root = nil
	for _, s := range []*server{other, unknown} {
		p.fails(p.fetcher(s), ports.FetchRequest{URL: s.origin}, ports.ErrUnavailable)
		if heard := s.heard(); len(heard) != 0 {
			p.Errorf("a server with a wrong certificate heard %v", heard)
		}
	}
}
