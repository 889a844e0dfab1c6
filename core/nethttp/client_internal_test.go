package nethttp // its own test: it needs to see which addresses are judged, without dialling public ones

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kernia-go/kernia/ports"
)

func TestC10_Addresses(t *testing.T) {
	c := newTestClient(t, ClientOptions{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}})
	for address, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.0.1": true, "172.32.0.1": true,
		"192.0.1.1": true, "168.63.129.15": true, "198.20.0.1": true, "223.255.255.255": true, "2606:4700::1111": true,
		"2001:200::1": true, "64:ff9b::808:808": true, "::ffff:8.8.8.8": true,

		"10.1.2.3": true, "::ffff:10.1.2.3": true, "64:ff9b::a01:203": true, "fd00:1::1": true, // named
		"10.2.0.1": false, "fd00:2::1": false,

		"0.0.0.0": false, "127.0.0.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false,
		"168.63.129.16": false, "192.0.0.192": false, "198.19.0.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::808:808": false,
		"fe80::1%eth0": false, "ff02::1": false, "fec0::1": false, "2001::1": false, "2001:1ff::1": false, "2001:db8::1": false,
		"2002:808:808::1": false, "3fff::1": false, "100::1": false, "5f00::1": false, "4000::1": false,
	} {
		if got := c.allowed(netip.MustParseAddr(address)); got != want {
			t.Errorf("allowed(%s) = %t, want %t", address, got, want)
		}
	}
}

// TestC10_Rebinding asks a name server that gives a public and a loopback address in turn: whichever one a look-up
// gets is the one that is judged.
func TestC10_Rebinding(t *testing.T) {
	c := newTestClient(t, ClientOptions{})
	var asked atomic.Int64
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerDNS(server, func() [4]byte {
			if asked.Add(1)%2 == 1 {
				return [4]byte{8, 8, 8, 8}
			}
			return [4]byte{127, 0, 0, 1}
		})
		return client, nil
	}}
	passed := errors.New("it would be dialled")
	dialled := ""
	dialer := net.Dialer{Resolver: resolver, ControlContext: func(ctx context.Context, network, address string, raw syscall.RawConn) error {
		dialled = address
		if err := c.control(ctx, network, address, raw); err != nil {
			return err
		}
		return passed
	}}
	c.public.DialContext = dialer.DialContext
	for range 4 {
		_, err := c.Fetch(t.Context(), ports.FetchRequest{URL: "https://rebind.test"})
		want := ports.ErrUnavailable // that of passed
		if dialled == "127.0.0.1:443" {
			want = ports.ErrForbidden
		} else if dialled != "8.8.8.8:443" {
			t.Fatalf("%q was to be dialled", dialled)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s gave %v, want %v", dialled, err, want)
		}
	}
	if n := asked.Load(); n != 4 {
		t.Errorf("four calls took %d look-ups, want one each: what is judged must be what is dialled", n)
	}
}

// answerDNS answers one query over a stream: A with the address, everything else with nothing.
func answerDNS(c net.Conn, address func() [4]byte) {
	defer c.Close()
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, query); err != nil {
		return
	}
	end := 12 // the question: labels, a zero, type and class
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	isA := query[end-3] == 1
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	if isA {
		ip := address()
		reply[7] = 1
		reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ip[0], ip[1], ip[2], ip[3])
	}
	_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
}

func newTestClient(t *testing.T, o ClientOptions) *Client {
	t.Helper()
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
