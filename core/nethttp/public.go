package nethttp

import "net/netip"

// allowed reports whether ip may be dialled: it is public, or in one of the networks that the operator named. IPv4
// addresses inside of IPv6 ones (mapped, NAT64) are judged as what they are.
func (c *Client) allowed(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	if ip.Is6() && within(ip, netip.MustParsePrefix("64:ff9b::/96")) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if within(ip, c.inside...) {
		return true
	}
	global := ip.Is4() || within(ip, netip.MustParsePrefix("2000::/3")) // all else in IPv6 is special or not assigned
	return global && !within(ip, c.outside...)
}

func within(ip netip.Addr, networks ...netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// notPublic returns the networks that IANA's registries of special-purpose addresses keep from the Internet, and
// addresses at which a cloud serves its machines.
func notPublic() []netip.Prefix {
	all := []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"224.0.0.0/4", "240.0.0.0/4",
		"168.63.129.16/32", // Azure's platform, at an address that looks public
		"2001::/23",        // Teredo, ORCHID, benchmarks
		"2001:db8::/32", "3fff::/20",
		"2002::/16", // 6to4, which has an IPv4 address inside
	}
	networks := make([]netip.Prefix, len(all))
	for i, s := range all {
		networks[i] = netip.MustParsePrefix(s)
	}
	return networks
}
