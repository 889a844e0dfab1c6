package transporttest

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

func reading() []promise {
	return []promise{
		{"HandsOverTheBodyAsSent", handsOverTheBodyAsSent},
		{"HandsOverABodyOfUnknownLength_F06", handsOverABodyOfUnknownLength},
		{"HandsOverABodyInParts_F06", handsOverABodyInParts},
		{"RefusesALongBody_F06", refusesALongBody},
		{"RefusesALongBodyOfUnknownLength_F06", refusesALongBodyOfUnknownLength},
		{"ReadsNoMoreThanTheLimit_F06", readsNoMoreThanTheLimit},
		{"RefusesATruncatedBody_F06", refusesATruncatedBody},
		{"RefusesALostBody_H07", refusesALostBody},
		{"AnswersTheNextRequest", answersTheNextRequest},
	}
}

const asJSON, fromUs, chunked = "Content-Type: application/json", "Origin: " + origin, "Transfer-Encoding: chunked"

func handsOverTheBodyAsSent(k *kit) {
	w := k.world()
	for _, body := range []string{`{}`, "\xef\xbb\xbf {\"value\":\"a\\u0001\u00e9\"} \r\n", "{\"value\":\"" + strings.Repeat("x", 60000) + "\"}"} {
		if a := w.post("/kit/keep", body); a.status != 200 {
			k.Fatalf("%.40q: %d %s", body, a.status, a.body)
		}
		h := w.one()
		k.want("body", string(h.body), body)
		k.want("length", strconv.FormatInt(h.length, 10), strconv.Itoa(len(body)))
	}
	w.get("/kit/echo/a")
	h := w.one()
	k.want("the body and length of a request without one", fmt.Sprint(len(h.body), h.length), "0 0")
}

func handsOverABodyOfUnknownLength(k *kit) {
	w := k.world()
	body := `{"value":"a b"}`
	if a := w.post("/kit/keep", chunks(body[:3], body[3:9], body[9:]), chunked); a.status != 200 {
		k.Fatalf("a chunked body: %d %s", a.status, a.body)
	}
	h := w.one()
	k.want("body", string(h.body), body)
	if h.length != -1 && h.length != int64(len(body)) {
		k.Errorf("length: got %d, want -1 or %d", h.length, len(body))
	}
	if a := w.post("/kit/keep", chunks(), chunked); a.status != 400 {
		k.Errorf("an empty chunked body: %d %s, want 400", a.status, a.body)
	}
}

func handsOverABodyInParts(k *kit) {
	w := k.world()
	body := `{"value":"` + strings.Repeat("slow", 3000) + `"}`
	c := w.dial()
	defer func() { _ = c.Close() }()
	m := message("POST", base+"/kit/keep", body, asJSON, fromUs)
	for len(m) > 0 { // each write is a packet of its own, as nothing is kept back on the loopback
		n := min(len(m), 700)
		c.send(m[:n])
		m = m[n:]
	}
	if a, err := c.answer("POST"); err != nil || a.status != 200 {
		k.Fatalf("a body in parts: %d %s %v", a.status, a.body, err)
	}
	k.want("body", string(w.one().body), body)
}

const limit = 4096

func limited(s *setup) { s.BodyLimit = limit }

func sized(n int) string { return `{"value":"` + strings.Repeat("x", n-12) + `"}` }

func (w *world) tooLong(what string, a answer) {
	w.Helper()
	if a.status != 413 || a.body != `{"message":"Request body is too large","code":"PAYLOAD_TOO_LARGE"}` {
		w.Errorf("%s: %d %.200s, want 413 PAYLOAD_TOO_LARGE", what, a.status, a.body)
	}
	if seen := w.probe.take(); len(seen) > 0 {
		w.Errorf("%s: the operation ran", what)
	}
}

func refusesALongBody(k *kit) {
	w := k.world(limited)
	if a := w.post("/kit/keep", sized(limit)); a.status != 200 {
		k.Errorf("a body of the limit: %d %s", a.status, a.body)
	}
	w.probe.take()
	w.tooLong("a body one byte over the limit", w.post("/kit/keep", sized(limit+1)))
	w.tooLong("a body ten times the limit", w.post("/kit/keep", sized(10*limit)))
}

func refusesALongBodyOfUnknownLength(k *kit) {
	w := k.world(limited)
	if a := w.post("/kit/keep", chunks(sized(limit)), chunked); a.status != 200 {
		k.Errorf("a chunked body of the limit: %d %s", a.status, a.body)
	}
	w.probe.take()
	w.tooLong("a chunked body one byte over the limit", w.post("/kit/keep", chunks(sized(limit+1)), chunked))
	long := sized(10 * limit)
	w.tooLong("a chunked body ten times the limit", w.post("/kit/keep", chunks(long[:limit], long[limit:]), chunked))
}

// readsNoMoreThanTheLimit sends a long body to an operation that does not look at one and sees what the core got.
func readsNoMoreThanTheLimit(k *kit) {
	w := k.world(limited)
	for _, m := range []string{
		message("GET", base+"/kit/echo/a", sized(3*limit)), message("GET", base+"/kit/echo/a", chunks(sized(3*limit)), chunked),
	} {
		c := w.dial()
		c.send(m)
		a, err := c.answer("GET")
		_ = c.Close()
		if err != nil || a.status != 200 {
			k.Fatalf("a GET with a body: %d %s %v", a.status, a.body, err)
		}
		if n := len(w.one().body); n > limit+1 {
			k.Errorf("the core got a body of %d bytes, want at most %d", n, limit+1)
		}
	}
}

// refusesATruncatedBody stops sending: the engine or the core refuses, and no operation runs on half of a body.
func refusesATruncatedBody(k *kit) {
	w := k.world()
	whole := `{"value":"a"}`
	messages := []string{
		strings.Replace(message("POST", base+"/kit/keep", whole, asJSON, fromUs), "Content-Length: 13", "Content-Length: 99", 1),
		message("POST", base+"/kit/keep", "d\r\n"+whole+"\r\nzz\r\n", asJSON, fromUs, chunked),
		message("POST", base+"/kit/keep", "20\r\n"+whole, asJSON, fromUs, chunked),
	}
	if !k.cutsChunks {
		messages = append(messages, message("POST", base+"/kit/keep", "d\r\n"+whole+"\r\n", asJSON, fromUs, chunked))
	}
	for _, m := range messages {
		c := w.dial()
		c.send(m)
		if tcp, ok := c.Conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		if a, err := c.answer("POST"); err == nil && (a.status < 400 || a.status >= 500) {
			k.Errorf("a body that ends early: %d %s, want 4xx or nothing", a.status, a.body)
		}
		_ = c.Close()
	}
	if seen := w.probe.take(); len(seen) > 0 {
		k.Errorf("the operation ran %d times", len(seen))
	}
}

// refusesALostBody stands behind middleware that read the body. A framework that keeps bodies may still have it; an
// empty one is not taken for what the client sent.
func refusesALostBody(k *kit) {
	w := k.world(func(s *setup) { s.app.Drain = true })
	w.user("ann@example.com")
	for _, m := range []struct{ path, body, header string }{
		{"/kit/keep", `{"value":"a"}`, "X-Kit: a"}, {"/kit/sign-out", `{"value":"a"}`, "X-Kit: a"}, {"/kit/sign-in", chunks(`{"email":"ann@example.com"}`), chunked},
	} {
		a := w.post(m.path, m.body, m.header)
		seen := w.probe.take()
		switch {
		case a.status == 200 && (len(seen) == 0 || string(seen[0].body) == m.body):
			if m.path == "/kit/sign-out" && !k.kept(w) {
				k.Errorf("%s: 200 %s without its body", m.path, a.body)
			}
		case a.status != 400 || !strings.Contains(a.body, `"code"`):
			k.Errorf("%s after its body was read: %d %s, want 400 or the whole body", m.path, a.status, a.body)
		}
	}
}

// kept reports whether a body that middleware read is still there.
func (k *kit) kept(w *world) bool {
	a := w.post("/kit/keep", `{"value":"kept"}`)
	seen := w.probe.take()
	return a.status == 200 && len(seen) == 1 && string(seen[0].body) == `{"value":"kept"}`
}

// answersTheNextRequest sends two requests at once: what one leaves unread is not taken for the next.
func answersTheNextRequest(k *kit) {
	w := k.world(limited)
	next := message("GET", base+"/kit/echo/next", "", "Connection: close")
	for _, first := range []string{
		message("POST", base+"/kit/keep", sized(100), asJSON, fromUs), message("GET", base+"/kit/echo/a", `{"a":1}`), message("POST", "/required", `{"a":1}`),
		message("POST", base+"/no-such", next+next), message("POST", base+"/kit/keep", sized(limit+1)+strings.Repeat(next, 100), asJSON, fromUs),
		message("POST", "/required", chunks(strings.Repeat(next, 100)), chunked),
	} {
		w.probe.take()
		c := w.dial()
		c.send(first + next)
		method, _, _ := strings.Cut(first, " ")
		if _, err := c.answer(method); err != nil {
			k.Errorf("no answer to %.60q: %v", first, err)
		}
		// An engine may close the connection instead; it must not find requests in a body.
		if a, err := c.answer("GET"); err == nil && (a.status != 200 || !strings.Contains(a.body, "next")) {
			k.Errorf("the request after %.60q: %d %s", first, a.status, a.body)
		}
		if a, err := c.answer("GET"); err == nil {
			k.Errorf("a third answer to two requests, the first %.60q: %d %s", first, a.status, a.body)
		}
		_ = c.Close()
	}
}
