package main

import (
	"context"
	"io"
	"net"
	"sync"
)

// A proxy passes whole messages between clients and one server, one write at a time over all connections.
type proxy struct {
	upstream string
	write    sync.Mutex
}

// accept serves connections of l until it is closed.
func (p *proxy) accept(ctx context.Context, l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		go p.serve(ctx, client)
	}
}

// serve answers the messages of one client in turn until either side ends or ctx is done.
func (p *proxy) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", p.upstream)
	if err != nil {
		return
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() {
		client.Close()
		server.Close()
	})()
	for {
		request, err := readMessage(client)
		if err != nil {
			return
		}
		reply, err := p.exchange(server, request)
		if err != nil {
			return
		}
		if _, err := client.Write(reply); err != nil {
			return
		}
	}
}

// exchange sends one request and returns the server's reply, empty where the client expects none.
func (p *proxy) exchange(server io.ReadWriter, request message) (message, error) {
	if request.writes() {
		p.write.Lock()
		defer p.write.Unlock()
	}
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	if request.silent() {
		return nil, nil
	}
	return readMessage(server)
}
