package fetchtest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A server speaks HTTP/1.1 by hand on the loopback interface, so that it can also speak it badly.
type server struct {
	origin string // "https://127.0.0.1:4711"
	port   string
	root   *x509.Certificate // nil without TLS

	mu          sync.Mutex
	connections []net.Conn
	requests    []request
}

// A request is what a server heard.
type request struct {
	method, target string
	header         textproto.MIMEHeader
	body           string
}

// An answer writes to c what the server answers and reports whether the connection stays open.
type answer func(c net.Conn, r request) (keep bool)

// reply answers with a status such as "200 OK", a body and further header lines.
func reply(status, body string, header ...string) answer {
	head := "HTTP/1.1 " + status + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n"
	for _, line := range header {
		head += line + "\r\n"
	}
	return raw(head + "\r\n" + body)
}

// raw answers with s as it is.
func raw(s string) answer {
	return func(c net.Conn, _ request) bool {
		_, err := io.WriteString(c, s)
		return err == nil
	}
}

// last answers as a does, and closes the connection.
func last(a answer) answer {
	return func(c net.Conn, r request) bool {
		a(c, r)
		return false
	}
}

// serve starts a server that speaks TLS, with a certificate for 127.0.0.1 and localhost.
func (p *probe) serve(a answer) *server {
	p.Helper()
	certificate, root := p.certificate("localhost", net.IPv4(127, 0, 0, 1))
	return p.start("https", &certificate, root, a)
}

// servePlain starts a server without TLS.
func (p *probe) servePlain(a answer) *server {
	p.Helper()
	return p.start("http", nil, nil, a)
}

func (p *probe) start(scheme string, certificate *tls.Certificate, root *x509.Certificate, a answer) *server {
	p.Helper()
	listener, err := new(net.ListenConfig).Listen(p.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		p.Fatalf("the kit's server: %v", err)
	}
	s := &server{origin: scheme + "://" + listener.Addr().String(), root: root}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	if certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12})
	}
	p.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.connections {
			_ = c.Close()
		}
	})
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections = append(s.connections, c)
			s.mu.Unlock()
			go s.talk(c, a)
		}
	}()
	return s
}

func (s *server) talk(c net.Conn, a answer) {
	defer func() { _ = c.Close() }()
	reader := textproto.NewReader(bufio.NewReader(c))
	for {
		r, err := read(reader)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		if !a(c, r) {
			return
		}
	}
}

func read(reader *textproto.Reader) (request, error) {
	line, err := reader.ReadLine()
	if err != nil {
		return request{}, err
	}
	var r request
	r.method, r.target, _ = strings.Cut(strings.TrimSuffix(line, " HTTP/1.1"), " ")
	if r.header, err = reader.ReadMIMEHeader(); err != nil {
		return request{}, err
	}
	length, _ := strconv.Atoi(r.header.Get("Content-Length"))
	body := make([]byte, length)
	_, err = io.ReadFull(reader.R, body)
	r.body = string(body)
	return r, err
}

// heard returns the requests that have arrived.
func (s *server) heard() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

// accepted returns how many connections there have been.
func (s *server) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.connections)
}

// certificate makes a certificate for the name and address that is its own authority.
func (p *probe) certificate(name string, ip net.IP) (tls.Certificate, *x509.Certificate) {
	p.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.Fatalf("the kit's key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fetchtest"}, IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{name}, IPAddresses: []net.IP{ip}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		p.Fatalf("the kit's certificate: %v", err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		p.Fatalf("the kit's certificate: %v", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, root
}

// unheard checks that nobody connected to the server.
func (p *probe) unheard(s *server) {
	p.Helper()
	if n := s.accepted(); n > 0 {
		p.Errorf("%s got %d connections, want none", s.origin, n)
	}
}

func (r request) String() string { return fmt.Sprintf("%s %s %q", r.method, r.target, r.body) }
