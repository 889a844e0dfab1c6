package kerniasmtp_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A fake speaks SMTP by hand on the loopback interface, so that it can also speak it badly. The tests in e2e/mail use a
// real server.
type fake struct {
	address  string
	greeting *tls.Config       // TLS from the start, if it is not nil
	starting *tls.Config       // STARTTLS is offered, if it is not nil
	auth     string            // the ways to sign in
	replies  map[string]string // what it answers to a verb in place of what is usual; "hang" and "drop" answer nothing

	mu       sync.Mutex
	heard    []string // commands, as they came
	messages []message
	open     []net.Conn
	talks    sync.WaitGroup // one for each connection
}

// A message is what the fake took.
type message struct {
	from, to, data string
	encrypted      bool
}

// certificate is for 127.0.0.1 and its own authority.
func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}

// start serves until the test ends.
func start(t testing.TB, f *fake) *fake {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.address = l.Addr().String()
	t.Cleanup(func() {
		_ = l.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, c := range f.open {
			_ = c.Close()
		}
	})
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.open = append(f.open, c)
			f.mu.Unlock()
			f.talks.Go(func() { f.talk(c) })
		}
	}()
	return f
}

func (f *fake) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	encrypted := f.greeting != nil
	if encrypted {
		c = tls.Server(c, f.greeting)
	}
	in := bufio.NewReader(c)
	if !f.answer(c, "", "220 fake ready") {
		return
	}
	var m message
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		f.mu.Lock()
		f.heard = append(f.heard, line)
		f.mu.Unlock()
		verb, rest, _ := strings.Cut(line, " ")
		usual := "250 fine"
		switch verb {
		case "EHLO":
			usual = f.extensions(encrypted)
		case "STARTTLS":
			usual = "220 go on"
		case "AUTH":
			usual = "235 welcome"
		case "MAIL":
			m = message{from: rest, encrypted: encrypted}
		case "RCPT":
			m.to = strings.TrimSuffix(strings.TrimPrefix(rest, "TO:<"), ">")
		case "DATA":
			usual = "354 go on"
		case "QUIT":
			usual = "221 bye"
		}
		if !f.answer(c, verb, usual) || verb == "QUIT" {
			return
		}
		if verb == "STARTTLS" {
			c, encrypted = tls.Server(c, f.starting), true
			in = bufio.NewReader(c)
		}
		if verb == "DATA" && !f.take(c, in, m) {
			return
		}
	}
}

func (f *fake) extensions(encrypted bool) string {
	reply := "250-fake\r\n250-ENHANCEDSTATUSCODES\r\n"
	if f.starting != nil && !encrypted {
		reply += "250-STARTTLS\r\n"
	}
	if f.auth != "" {
		reply += "250-AUTH " + f.auth + "\r\n"
	}
	return reply + "250 8BITMIME"
}

// take reads a message up to the line with a dot, and answers to it as to the verb ".".
func (f *fake) take(c net.Conn, in *bufio.Reader, m message) bool {
	if f.replies["DATA"] != "" {
		return true // it was refused
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		m.data += strings.TrimPrefix(line, ".")
	}
	if f.replies["."] == "" {
		f.mu.Lock()
		f.messages = append(f.messages, m)
		f.mu.Unlock()
	}
	return f.answer(c, ".", "250 taken")
}

// answer reports whether the conversation goes on.
func (f *fake) answer(c net.Conn, verb, usual string) bool {
	reply, ok := f.replies[verb]
	switch {
	case !ok:
		reply = usual
	case reply == "drop":
		return false
	case reply == "hang":
		_, _ = io.Copy(io.Discard, c) // until the other side gives up
		return false
	}
	_, err := io.WriteString(c, reply+"\r\n")
	return err == nil && (!ok || verb != "")
}

// taken returns what the fake took.
func (f *fake) taken() []message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]message(nil), f.messages...)
}

// said returns the commands that came, the verbs alone.
func (f *fake) said() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var verbs []string
	for _, line := range f.heard {
		verb, _, _ := strings.Cut(line, " ")
		verbs = append(verbs, verb)
	}
	return strings.Join(verbs, " ")
}
