// Package clientip tells from which address a request comes: the peer's, or the one that a trusted proxy passes on.
package clientip

import (
	"net/netip"
	"strings"
)

// Of returns the client's address as text, "" where it is unknown. remote is the peer, "IP:port" or "IP"; forwarded
// are the values of X-Forwarded-For. If the peer is in proxies, the client is the rightmost forwarded address that is
// not. An IPv6 address is that of its /64 network; an IPv4 address mapped into IPv6 is the IPv4 address.
func Of(remote string, forwarded []string, proxies []netip.Prefix) string {
	ip := client(remote, forwarded, proxies)
	switch {
	case !ip.IsValid():
		return ""
	case ip.Is4():
		return ip.String()
	}
	masked, _ := ip.Prefix(64)
	return masked.Addr().StringExpanded()
}

func client(remote string, forwarded []string, proxies []netip.Prefix) netip.Addr {
	ip := parse(remote)
	if !ip.IsValid() || !within(ip, proxies) {
		return ip
	}
	// Right to left: each hop was written by the one to its right, so the walk ends at the first that is not
	// ours. Junk says that nothing to its left can be believed either.
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && len(hops)-i <= maxHops; i-- {
		hop := strings.TrimSpace(hops[i])
		if hop == "" && len(hops) == 1 {
			return ip
		}
		if ip = parse(hop); !ip.IsValid() || strings.Contains(hop, "%") {
			return netip.Addr{}
		}
		if !within(ip, proxies) {
			return ip
		}
	}
	return ip
}

const maxHops = 32

func within(ip netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if unmap(n).Contains(ip) {
			return true
		}
	}
	return false
}

// unmap returns the IPv4 network of one that is written as mapped into IPv6, as "::ffff:10.0.0.0/104" is.
func unmap(n netip.Prefix) netip.Prefix {
	if n.Addr().Is4In6() && n.Bits() >= 96 {
		return netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-96)
	}
	return n
}

// parse reads "IP:port" or "IP"; some proxies write the port of the client, too.
func parse(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}
