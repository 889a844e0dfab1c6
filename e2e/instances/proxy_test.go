package instances_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// The moods of a proxy.
const (
	forwards int32 = iota
	resets         // ends connections, and refuses new ones at once
	swallows       // takes connections and bytes, and answers nothing
)

// A proxy stands before a server and can play its outages.
type proxy struct {
	listener net.Listener
	target   string
	mood     atomic.Int32
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	go p.run()
	t.Cleanup(func() {
		_ = l.Close()
		p.set(resets)
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// set changes the mood; whatever was open ends unless it is swallowed.
func (p *proxy) set(mood int32) {
	p.mood.Store(mood)
	if mood == swallows {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok && mood == resets {
			_ = tcp.SetLinger(0) // a reset, not an end
		}
		_ = c.Close()
		delete(p.conns, c)
	}
}

func (p *proxy) run() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.mood.Load() == resets {
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
			continue
		}
		p.keep(c)
		go p.serve(c)
	}
}

func (p *proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
}

func (p *proxy) serve(c net.Conn) {
	s, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = c.Close()
		return
	}
	p.keep(s)
	go p.copy(s, c)
	p.copy(c, s)
	_ = c.Close()
	_ = s.Close()
}

func (p *proxy) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.mood.Load() == forwards {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
