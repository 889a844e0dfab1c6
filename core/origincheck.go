package kernia

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/kernia-go/kernia/core/internal/input"
	"github.com/kernia-go/kernia/core/internal/origin"
)

// safeMethod reports whether a method changes nothing by definition (RFC 9110, section 9.2.1); what a browser can
// be made to send with it needs no origin.
func safeMethod(method string) bool {
	return method == "GET" || method == "HEAD" || method == "OPTIONS"
}

// self returns the origin under which the caller reached us: BaseURL's, or in development without one the
// request's own.
func (c *Call) self() string {
	if base := c.auth.config.BaseURL; base != "" {
		own, _ := origin.Of(base)
		return own
	}
	scheme := "http://"
	if c.request != nil && c.request.Secure {
		scheme = "https://"
	}
	if c.request == nil {
		return ""
	}
	own, _ := origin.Of(scheme + c.request.Host)
	return own
}

// BaseURL returns the public URL of the routes without a slash at its end. In development without a configured one
// it is made of the request's Host.
func (c *Call) BaseURL() string {
	if base := c.auth.config.BaseURL; base != "" {
		return base
	}
	return c.self() + c.auth.config.BasePath
}

// trustMore asks the application which further origins it trusts for this request.
func (c *Call) trustMore(ctx context.Context) error {
	ask := c.auth.config.TrustedOriginsFor
	if ask == nil {
		return nil
	}
	patterns, err := ask(ctx, c)
	if err != nil {
		return err
	}
	if c.origins, err = origin.Parse(patterns); err != nil {
		return badSetting("TrustedOriginsFor", "%w", err)
	}
	return nil
}

func (c *Call) trusts(from string) bool {
	if c.auth.trusted.Trusts(from) || c.origins != nil && c.origins.Trusts(from) {
		return true
	}
	if c.auth.config.BaseURL != "" {
		return false
	}
	o, ok := origin.Of(from)
	return ok && o != "" && o == c.self()
}

// checkCookieOrigin refuses a request that changes something, carries cookies and does not come from a trusted
// origin: a browser adds cookies to what a foreign page sends.
func (c *Call) checkCookieOrigin() *Error {
	if safeMethod(c.request.Method) && !c.upgrades() {
		return nil
	}
	if _, has := c.request.Header["Cookie"]; !has {
		return nil
	}
	return c.checkOrigin()
}

// upgrades reports whether the request asks for another protocol: a WebSocket opens by a GET, any page may open one, and
// what it then sends changes something.
func (c *Call) upgrades() bool { return c.Header("Upgrade") != "" }

func (c *Call) checkOrigin() *Error {
	if len(c.request.Header["Origin"]) > 1 {
		return ErrOrigin
	}
	from := c.request.Header.First("Origin")
	if from == "" {
		from = c.request.Header.First("Referer")
	}
	if from == "null" && c.Header("Sec-Fetch-Site") == "same-origin" {
		// The browser hides the origin and still vouches for it; pages cannot write Sec-Fetch headers.
		scheme, _, _ := strings.Cut(c.self(), "://")
		from = scheme + "://" + c.request.Host
	}
	if from == "" || from == "null" {
		return ErrNoOrigin
	}
	if !c.trusts(from) {
		return ErrOrigin
	}
	return nil
}

// checkLogin refuses sign-in and sign-up from foreign pages even without a cookie: the attacker would sign the
// victim in as somebody else. What no browser sent is allowed.
func (c *Call) checkLogin() *Error {
	h := c.request.Header
	if _, has := h["Cookie"]; has {
		return nil // checked already
	}
	site, mode, dest := h.First("Sec-Fetch-Site"), h.First("Sec-Fetch-Mode"), h.First("Sec-Fetch-Dest")
	if site == "cross-site" && mode == "navigate" {
		return ErrCrossSite
	}
	if site == "" && mode == "" && dest == "" && h.First("Origin") == "" && h.First("Referer") == "" && !c.source.Form {
		return nil
	}
	return c.checkOrigin()
}

var redirectErrors = [...]*Error{ErrCallbackURL, ErrRedirectURL, ErrErrorURL, ErrNewUserURL}

// checkRedirects refuses a redirect target that leads to a place nobody configured, on every operation that changes
// something and on those links that name one.
func (c *Call) checkRedirects() *Error {
	for i, name := range redirectNames {
		if !safeMethod(c.request.Method) {
			if m := input.Find(c.source.Body, name); m != nil {
				if err := c.checkRedirect(m, redirectErrors[i]); err != nil {
					return err
				}
			}
		} else if !c.operation.input.Takes(name) {
			continue
		}
		if m := input.Find(c.source.Query, name); m != nil {
			if m.Many && safeMethod(c.request.Method) {
				continue // the validation says so
			}
			if err := c.checkRedirect(m, redirectErrors[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Call) checkRedirect(m *input.Member, denial *Error) *Error {
	target := m.Text
	if m.Raw != nil && json.Unmarshal(m.Raw, &target) != nil || m.Many || m.Raw != nil && m.Raw[0] == 'n' {
		return &Error{Kind: Invalid, Message: denial.Message + ": expected a string"}
	}
	if target != "" && !c.AllowsRedirect(target) {
		return denial
	}
	return nil
}

// AllowsRedirect reports whether an answer may lead a browser to target: a path on our own origin, a URL on a
// trusted one, a custom scheme that is trusted.
func (c *Call) AllowsRedirect(target string) bool {
	return c.auth.trusted.Allows(target, c.self()) || c.origins != nil && c.origins.Allows(target, c.self())
}
