package kernia

import (
	"net/netip"
	"strings"
)

// ClientAddress returns the address of the client: the peer's, or, where the peer is a trusted proxy, the
// rightmost address in X-Forwarded-For that is not one. IPv6 addresses are those of their /64 network, an IPv4
// address mapped into IPv6 is the IPv4 address. "" means unknown.
func (c *Call) ClientAddress() string {
	if c.request == nil {
		return ""
	}
	ip := clientAddress(c.request, c.auth.config.TrustedProxies)
	switch {
	case !ip.IsValid():
		return ""
	case ip.Is4():
		return ip.String()
	}
	masked, _ := ip.Prefix(64)
	return masked.Addr().StringExpanded()
}

func clientAddress(r *Request, proxies []netip.Prefix) netip.Addr {
	ip := parseAddress(r.Remote)
	if !ip.IsValid() || !within(ip, proxies) {
		return ip
	}
	// Right to left: each hop was written by the one to its right, so the walk ends at the first that is not
	// ours. Junk says that nothing to its left can be believed either.
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0 && len(hops)-i <= maxHops; i-- {
		hop := strings.TrimSpace(hops[i])
		if hop == "" && len(hops) == 1 {
			return ip
		}
		next, err := netip.ParseAddr(hop)
		if err != nil || next.Zone() != "" {
			return netip.Addr{}
		}
		if ip = next.Unmap(); !within(ip, proxies) {
			return ip
		}
	}
	return ip
}

const maxHops = 32

func within(ip netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// parseAddress reads "IP:port" or "IP".
func parseAddress(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}
