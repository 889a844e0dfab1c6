package kernia

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/origin"
	"github.com/kernia-go/kernia/core/internal/output"
	"github.com/kernia-go/kernia/core/internal/password"
	"github.com/kernia-go/kernia/ports"
)

func headers(contentType string) []HeaderLine {
	h := []HeaderLine{
		{"Cache-Control", "no-store"},
		{"Pragma", "no-cache"},
		{"Vary", "Cookie, Authorization, Origin"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
	}
	if contentType != "" {
		h = append(h, HeaderLine{"Content-Type", contentType})
	}
	return h
}

// setHeader sets a header among lines: a list grows, Set-Cookie lines stand beside each other, any other line is
// replaced. An own Cache-Control makes the core's Pragma go, which says the opposite to old caches.
func setHeader(lines []HeaderLine, name, value string) []HeaderLine {
	line := HeaderLine{name, value}
	if strings.EqualFold(name, "Set-Cookie") {
		return append(lines, line)
	}
	if strings.EqualFold(name, "Cache-Control") {
		lines = slices.DeleteFunc(lines, func(l HeaderLine) bool { return l.Name == "Pragma" })
	}
	for i := range lines {
		switch {
		case !strings.EqualFold(lines[i].Name, name):
		case line.List():
			if more := line.Lacking([]string{lines[i].Value}); more != "" {
				lines[i].Value += ", " + more
			}
			return lines
		default:
			lines[i] = line
			return lines
		}
	}
	return append(lines, line)
}

// add sets lines on the answer, Set-Cookie lines as further cookies.
func (r *Response) add(lines []HeaderLine) {
	for _, l := range lines {
		if strings.EqualFold(l.Name, "Set-Cookie") {
			r.Cookies = append(r.Cookies, l.Value)
			continue
		}
		r.Header = setHeader(r.Header, l.Name, l.Value)
	}
}

func notFound() Response { return Response{Status: 404, Header: headers("")} }

// A Page is the output of an operation that answers a document in place of JSON.
type Page struct {
	Status  int // 0 means 200
	Type    string
	Body    []byte
	Headers []HeaderLine
}

// success turns a handler's value and effects into the answer.
func (c *Call) success(out any) (Response, error) {
	resp := Response{Status: 200, Header: headers(jsonType)}
	switch out := out.(type) {
	case Page:
		resp.Status, resp.Header, resp.Body = max(out.Status, 200), headers(out.Type), out.Body
		resp.add(out.Headers)
	case interface{ AppendJSON(dst []byte) []byte }:
		resp.Body = out.AppendJSON(make([]byte, 0, 768))
	default:
		var err error
		if resp.Body, err = output.JSON(out); err != nil {
			return Response{}, err
		}
	}
	if c.redirect != "" {
		resp.Status, resp.Body, c.location = 302, nil, c.redirect
	}
	if c.location != "" {
		resp.Header = append(resp.Header, HeaderLine{"Location", origin.ASCII(c.location)})
	}
	var err error
	if resp.Cookies, err = c.finish(); err != nil {
		return Response{}, err
	}
	resp.add(c.headers)
	return resp, nil
}

// diversion is the answer where a feature ended a sign-in with one of its own.
func (c *Call) diversion(d *Diversion) (Response, error) {
	c.redirect, c.location = "", "" // of a sign-in that did not come about
	if d.Redirect != "" && c.request.Method == "GET" {
		c.redirect = d.Redirect
	}
	return c.success(d.Answer)
}

func asDiversion(err error) (*Diversion, bool) {
	if err == nil {
		return nil, false
	}
	return errors.AsType[*Diversion](err)
}

// finish returns the cookies of the answer and lets features see a session whose cookie is set. Its error is a
// feature's panic.
func (c *Call) finish() ([]string, error) {
	if c.renewed != nil && !c.ended && c.diverted == nil {
		for _, step := range c.auth.issued {
			if err := guarded(func() error { step(c, c.renewed.Token); return nil }); err != nil {
				return nil, err
			}
		}
	}
	return c.setCookies(), nil
}

// failure turns an error into the answer and logs the cause of what is our own fault.
func (c *Call) failure(ctx context.Context, err error) Response {
	e := c.auth.explain(ctx, err)
	resp := Response{Status: e.Kind.Status(), Header: headers(jsonType), Body: e.body()}
	// A session that began in a call that failed is not handed out; a store that is down signs nobody out.
	if !c.begun && e.Kind != Internal && e.Kind != Unavailable {
		cookies, err := c.finish()
		if err != nil {
			return c.failure(ctx, err) // Internal, so it ends there
		}
		resp.Cookies = cookies
		resp.add(c.headers)
	}
	if e.wait > 0 {
		seconds := strconv.FormatInt(int64((e.wait+time.Second-1)/time.Second), 10)
		resp.add([]HeaderLine{{"X-Retry-After", seconds}, {"Retry-After", seconds}})
	}
	return resp
}

// explain returns what a caller is told about err: an Error as it is, a value that the database does not accept as
// ErrRefused, an outage as ErrBusy, all else as ErrInternal.
// What the caller is not told goes to the log.
func (a *Auth) explain(ctx context.Context, err error) *Error {
	e, ok := errors.AsType[*Error](err)
	refused, _ := errors.AsType[*ports.RefusedError](err)
	switch {
	case ok:
	case refused != nil && refused.Field != "":
		e = ErrRefused.With("field", refused.Field).Because(err)
	case refused != nil:
		e = ErrRefused.Because(err)
	case outage(err):
		e = ErrBusy.Because(err)
	default:
		e = ErrInternal.Because(err)
	}
	switch e.Kind {
	case Internal:
		args := []any{"error", err}
		if p, ok := errors.AsType[*panicError](err); ok {
			args = append(args, "stack", string(p.stack))
		}
		a.config.Logger.ErrorContext(ctx, "request failed", args...)
	case Unavailable:
		a.config.Logger.WarnContext(ctx, "request refused: a dependency is unavailable", "error", err)
	default:
		if e.cause != nil {
			a.config.Logger.InfoContext(ctx, "request denied", "code", e.Code, "error", e.cause)
		}
	}
	return e
}

// outage reports whether err says that something we depend on did not answer, in time or at all.
func outage(err error) bool {
	return errors.Is(err, ports.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled) || overloaded(err)
}

func overloaded(err error) bool { return errors.Is(err, password.ErrBusy) }
