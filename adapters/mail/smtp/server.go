package kerniasmtp

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/kernia-go/kernia/ports"
)

// A server is what a URL says.
type server struct {
	host, address  string
	user, password string
	security       security
	tls            *tls.Config
}

// A security is how a connection is encrypted.
type security int

const (
	startTLS security = iota // after the greeting
	implicitTLS
	noTLS
)

// parse reads the URL. Its errors never repeat it.
func parse(raw string, config *tls.Config) (server, error) {
	wrong := func(what string) (server, error) {
		return server{}, fmt.Errorf("kerniasmtp: %w: URL %s", ports.ErrInvalid, what)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return wrong("is not like smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := server{host: u.Hostname(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	port := "587"
	if u.Scheme == "smtps" {
		port, s.security = "465", implicitTLS
	}
	if u.Port() != "" {
		port = u.Port()
	}
	s.address = net.JoinHostPort(s.host, port)
	switch {
	case u.RawQuery == "":
	case u.RawQuery == "tls=none" && u.Scheme == "smtp":
		s.security = noTLS
	default:
		return wrong("has a parameter that is not known; there is tls=none, with smtp://")
	}
	if (s.user == "") != (s.password == "") {
		return wrong("has a user or a password alone")
	}
	if s.user != "" && s.security == noTLS {
		return wrong("has a password and tls=none, which would show it to the network")
	}
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if config != nil {
		s.tls = config.Clone()
	}
	if s.tls.ServerName == "" {
		s.tls.ServerName = s.host
	}
	return s, nil
}
