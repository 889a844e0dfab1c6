package clientip_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kernia-go/kernia/core/internal/clientip"
)

func TestOf(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		name, remote, forwarded, want string
		proxies                       []netip.Prefix
	}{
		{"no proxies", "203.0.113.1:1", "1.1.1.1", "203.0.113.1", nil},
		{"a peer that is no proxy", "203.0.113.1:1", "1.1.1.1", "203.0.113.1", proxies},
		{"behind a proxy", "10.0.0.1:1", "1.1.1.1", "1.1.1.1", proxies},
		{"the rightmost that is not ours", "10.0.0.1:1", "6.6.6.6, 1.1.1.1, 10.0.0.9", "1.1.1.1", proxies},
		{"behind an IPv6 proxy", "[fd00::1]:1", "2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0000", proxies},
		{"a mapped IPv4 address", "[::ffff:10.0.0.1]:1", "::ffff:1.2.3.4", "1.2.3.4", proxies},
		{"junk stops the walk", "10.0.0.1:1", "6.6.6.6, junk, 10.0.0.9", "", proxies},
		{"an address with a port", "10.0.0.1:1", "1.2.3.4:80", "1.2.3.4", proxies},
		{"an IPv6 address with a port", "10.0.0.1:1", "[2001:db8::1]:80", "2001:0db8:0000:0000:0000:0000:0000:0000", proxies},
		{"a network mapped into IPv6", "10.0.0.1:1", "1.2.3.4", "1.2.3.4", []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}},
		{"every network mapped into IPv6", "10.0.0.1:1", "1.2.3.4", "10.0.0.1", []netip.Prefix{netip.MustParsePrefix("::ffff:11.0.0.0/104")}},
		{"all of IPv4 mapped into IPv6", "10.0.0.1:1", "1.2.3.4", "1.2.3.4", []netip.Prefix{netip.MustParsePrefix("::ffff:0.0.0.0/96")}},
		{"the most hops", "10.0.0.1:1", "9.9.9.9, 1.1.1.1" + strings.Repeat(", 10.0.0.2", 31), "1.1.1.1", proxies},
		{"an address with a zone is junk", "10.0.0.1:1", "fe80::1%eth0", "", proxies},
		{"no header", "10.0.0.1:1", "", "10.0.0.1", proxies},
		{"an empty hop", "10.0.0.1:1", "1.1.1.1,", "", proxies},
		{"only proxies", "10.0.0.1:1", "10.0.0.7", "10.0.0.7", proxies},
		{"too many hops", "10.0.0.1:1", "1.1.1.1" + strings.Repeat(", 10.0.0.2", 32), "10.0.0.2", proxies},
		{"an unknown peer", "@", "1.1.1.1", "", proxies},
		{"no port", "203.0.113.1", "", "203.0.113.1", proxies},
		{"a peer with a zone", "[fe80::1%eth0]:1", "", "fe80:0000:0000:0000:0000:0000:0000:0000", proxies},
	} {
		t.Run(test.name, func(t *testing.T) {
			var forwarded []string
			if test.forwarded != "" {
				forwarded = []string{test.forwarded}
			}
			if got := clientip.Of(test.remote, forwarded, test.proxies); got != test.want {
				t.Errorf("Of(%q, %q) = %q, want %q", test.remote, test.forwarded, got, test.want)
			}
		})
	}
	if got := clientip.Of("10.0.0.1:1", []string{"6.6.6.6", "1.1.1.1"}, proxies); got != "1.1.1.1" {
		t.Errorf("with two header lines: %q, want the last of the last line", got)
	}
}
