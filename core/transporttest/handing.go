package transporttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

func handing() []promise {
	return []promise{
		{"KeepsWhatItHandedOver_H01", keepsWhatItHandedOver},
		{"KeepsWhatTheStoreHolds_H01", keepsWhatTheStoreHolds},
		{"HandsOverThePathAsSent_H05", handsOverThePathAsSent},
		{"HandsOverTheQueryAsSent_H05", handsOverTheQueryAsSent},
		{"HandsOverMethodAndHost", handsOverMethodAndHost},
		{"HandsOverHeaderLinesInOrder", handsOverHeaderLinesInOrder},
		{"HandsOverHeadersByCanonicalNames", handsOverHeadersByCanonicalNames},
		{"HandsOverHeaderBytesAsSent", handsOverHeaderBytesAsSent},
		{"JoinsCookieLines_H03", joinsCookieLines},
		{"RefusesRepeatedParameters_A17", refusesRepeatedParameters},
		{"SurvivesMalformedHeaders_F07", survivesMalformedHeaders},
		{"RefusesLargeHeaders_F06", refusesLargeHeaders},
	}
}

// others is how many requests run before what was handed over is compared.
const others = 1000

// keepsWhatItHandedOver keeps every string and byte of three requests, one of them of a guard, while others reuse
// whatever buffers the framework reuses.
func keepsWhatItHandedOver(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	w.store.on(func(ctx context.Context, verb string) error {
		if c := kernia.CallFrom(ctx); verb == "find" && c != nil && c.Operation() == nil {
			w.probe.note(ctx)
		}
		return nil
	})
	c := w.dial()
	defer func() { _ = c.Close() }()
	round := func(fill string, n int) {
		v := strings.Repeat(fill, 8)
		extra := []string{"Origin: " + origin, "User-Agent: " + v, "X-Kit-One: " + v, "X-Kit-One: 2" + v, "Accept: " + v, "Cookie: other=" + v + "; " + cookie}
		for _, a := range []answer{
			c.ask("GET", base+"/kit/echo/"+v+"?q="+v, "", extra...),
			c.ask("POST", base+"/kit/keep", `{"value":"`+v+`"}`, append(extra, "Content-Type: application/json")...),
			c.ask("POST", base+"/kit/keep", `value=`+v, append(extra, "Content-Type: application/x-www-form-urlencoded")...),
			c.ask("GET", "/required?q="+v, "", extra...),
		} {
			if a.status != 200 {
				k.Fatalf("request %d: status %d %s", n, a.status, a.body)
			}
		}
	}
	round("Aa0-", -1)
	kept, visit := w.probe.take(), w.last()
	if len(kept) != 4 {
		k.Fatalf("the core saw %d of 4 requests", len(kept))
	}
	var before []string
	for _, h := range kept {
		before = append(before, h.text())
	}
	caller := visit.Session.User.Email + visit.Session.Session.Token + visit.Session.Session.ID
	for i := range others / 4 {
		round(fmt.Sprintf("%c%03d", 'b'+rune(i%20), i), i)
		w.probe.take()
	}
	for i, h := range kept {
		if got := h.text(); got != before[i] {
			k.Errorf("request %d changed after it was answered:\n%s\nwas\n%s", i, got, before[i])
		}
	}
	if got := visit.Session.User.Email + visit.Session.Session.Token + visit.Session.Session.ID; got != caller {
		k.Errorf("the principal changed after the request: got %q, want %q", got, caller)
	}
}

// keepsWhatTheStoreHolds looks at rows that the core made of a request's headers.
func keepsWhatTheStoreHolds(k *kit) {
	w := k.world()
	u := w.user("ann@example.com")
	c := w.dial()
	defer func() { _ = c.Close() }()
	agent := strings.Repeat("agent-one ", 4) + "."
	sign := func(ua string) {
		a := c.ask("POST", base+"/kit/sign-in", `{"email":"ann@example.com"}`, "Content-Type: application/json", "User-Agent: "+ua)
		if a.status != 200 {
			k.Fatalf("sign-in: %d %s", a.status, a.body)
		}
	}
	sign(agent)
	for i := range 100 {
		c.ask("GET", base+"/ok", "", fmt.Sprintf("User-Agent: %s%03d", strings.Repeat("other-", 6), i))
	}
	sessions, err := w.auth.Sessions.List(w.ctx, u.ID)
	if err != nil || len(sessions) != 1 {
		k.Fatalf("ListSessions: %d, %v", len(sessions), err)
	}
	k.want("the stored user agent", sessions[0].UserAgent, agent)
}

// one returns the one request that the core saw since the last time.
func (w *world) one() *handed {
	w.Helper()
	seen := w.probe.take()
	if len(seen) != 1 {
		w.Fatalf("the core saw %d requests, want 1", len(seen))
	}
	return seen[0]
}

func handsOverThePathAsSent(k *kit) {
	w := k.world()
	for _, v := range []string{
		"plain", "a%2Fb", "a%2fb", "%41", "a%20b", "a+b", "a;b=c", "a,b:c@d!$&'()*=~", "%E2%82%AC", "%ff", "..%2f..", "%2e%2e", "a%3Fb", "a%23b", "a%25b", "a%00b", `a"b|c`,
	} {
		a := w.get("/kit/echo/" + v)
		if a.status != 200 {
			k.Errorf("%s: status %d", v, a.status)
			continue
		}
		k.want("path", w.one().path, base+"/kit/echo/"+v)
	}
}

func handsOverTheQueryAsSent(k *kit) {
	w := k.world()
	for _, q := range []string{
		"", "q=1", "q=a+b%20c", "q=%zz", "q=1&r=2&r=3&=&&", "q=a?b", "q=a;b", "q=%E2%82%AC", "q=a/../b//c", "q=1#no-fragment", `q="|`, "Q=2&q=1",
	} {
		target := "/kit/echo/a"
		if q != "" {
			target += "?" + q
		}
		if a := w.get(target); a.status != 200 {
			k.Errorf("%s: status %d %s", q, a.status, a.body)
			continue
		}
		k.want("query", w.one().query, q)
	}
}

func handsOverMethodAndHost(k *kit) {
	w := k.world()
	for _, host := range []string{"localhost:8080", "API.example.com", "192.0.2.1:80", "[2001:db8::1]:8080"} {
		w.get("/kit/echo/a", "Host: "+host)
		h := w.one()
		k.want("host", h.host, host)
		k.want("method", h.method, "GET")
	}
	w.ask("GET", "http://other.example.com:81"+base+"/kit/echo/a?b", "", "Host: localhost:8080")
	h := w.one()
	k.want("host of an absolute target", h.host, "other.example.com:81")
	k.want("path of an absolute target", h.path+"?"+h.query, base+"/kit/echo/a?b")
	w.post("/kit/keep", `{}`)
	k.want("method", w.one().method, "POST")
}

func handsOverHeaderLinesInOrder(k *kit) {
	w := k.world()
	w.get("/kit/echo/a", "X-Kit: b", "X-Forwarded-For: 192.0.2.1, 192.0.2.2", "X-Kit: a", "X-Forwarded-For: 192.0.2.3", "X-Kit: b, c",
		"Accept: text/html", "Origin: http://a.example", "Origin: http://b.example", "Authorization: Bearer a", "Authorization: Bearer b")
	h := w.one()
	for name, want := range map[string][]string{
		"X-Kit": {"b", "a", "b, c"}, "X-Forwarded-For": {"192.0.2.1, 192.0.2.2", "192.0.2.3"}, "Accept": {"text/html"},
		"Origin": {"http://a.example", "http://b.example"}, "Authorization": {"Bearer a", "Bearer b"},
	} {
		k.want(name, h.header[name], want)
	}
}

func handsOverHeadersByCanonicalNames(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	a := w.ask("GET", base+"/kit/echo/a", "", "x-kIT-nAME: Value", "cookie: "+cookie, "USER-AGENT: Kit", "sec-fetch-site: none", "x_y: z", "ETAG: w")
	if a.status != 200 {
		k.Fatalf("status %d", a.status)
	}
	h := w.one()
	for name, want := range map[string]string{
		"X-Kit-Name": "Value", "Cookie": cookie, "User-Agent": "Kit", "Sec-Fetch-Site": "none", "X_y": "z", "Etag": "w",
	} {
		k.want(name, h.header[name], []string{want})
	}
}

func handsOverHeaderBytesAsSent(k *kit) {
	w := k.world()
	cookies := `a="b c"; d="\"e"; =f; g; h=i=j; k="l;  m=n;o=p`
	w.get("/kit/echo/a", "X-Kit-Latin: caf\xe9 \xff", "X-Kit-Utf: caf\u00e9", "X-Kit-Empty:", "X-Kit-Comma: a,, b ,c", `X-Kit-Quote: "a\"b"`, "Cookie: "+cookies)
	h := w.one()
	for name, want := range map[string]string{
		"X-Kit-Latin": "caf\xe9 \xff", "X-Kit-Utf": "caf\u00e9", "X-Kit-Empty": "", "X-Kit-Comma": "a,, b ,c", "X-Kit-Quote": `"a\"b"`, "Cookie": cookies,
	} {
		k.want(name, h.header[name], []string{want})
	}
}

func joinsCookieLines(k *kit) {
	w := k.world()
	cookie, s := w.signIn("ann@example.com")
	name, value, _ := strings.Cut(cookie, "=")
	for what, lines := range map[string][]string{
		"one line":               {"Cookie: " + cookie},
		"among others":           {"Cookie: a=b; " + cookie + "; c=d"},
		"the second line":        {"Cookie: a=b", "Cookie: " + cookie},
		"the third line":         {"Cookie: a=b", "cookie: c=d; e=f", "COOKIE: " + cookie},
		"before another line":    {"Cookie: " + cookie, "Cookie: a=b"},
		"quoted":                 {"Cookie: " + name + `="` + value + `"`},
		"without a space":        {"Cookie: a=b;" + cookie + ";c=d"},
		"beside a quoted cookie": {`Cookie: a="b c"; ` + cookie + `; d="e`},
	} {
		if a := w.get("/kit/me", lines...); a.status != 200 || !strings.Contains(a.body, s.ID) {
			k.Errorf("a session in %s: %d %s", what, a.status, a.body)
		}
	}
	w.get("/kit/echo/a", "Cookie: a=b", "Cookie: c=d; e=f")
	k.want("lines of Cookie", strings.Join(w.one().header["Cookie"], "; "), "a=b; c=d; e=f")
}

func refusesRepeatedParameters(k *kit) {
	w := k.world()
	for _, target := range []string{"/kit/one?q=a&q=b", "/kit/one?q=a&q=a", "/kit/one?q=a&x=1&%71=b"} {
		if a := w.get(target); a.status != 400 || !strings.Contains(a.body, "VALIDATION_ERROR") {
			k.Errorf("%s: %d %s, want 400 VALIDATION_ERROR", target, a.status, a.body)
		}
	}
	for _, body := range []string{`{"value":["a","b"]}`, `{"value":{"a":1}}`, `{"value":"a","value":"b"}`, `{"callbackURL":["/a"]}`, `{"callbackURL":"/a","callback_url":"/b"}`} {
		if a := w.post("/kit/keep", body); a.status != 400 {
			k.Errorf("%s: %d %s, want 400", body, a.status, a.body)
		}
	}
	form := "Content-Type: application/x-www-form-urlencoded"
	if a := w.ask("POST", base+"/kit/keep", "value=a&value=b", form, "Origin: "+origin); a.status != 400 {
		k.Errorf("a form: %d %s, want 400", a.status, a.body)
	}
}

// survivesMalformedHeaders sends what no client library sends. An engine may refuse it or close the connection; a 5xx
// or a dead program is a crash that a stranger caused.
func survivesMalformedHeaders(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	name, _, _ := strings.Cut(cookie, "=")
	values := []string{
		"", " ", ";", "=", "Bearer", "Bearer ", "Bearer \x80\xff", "Basic !!!", "bearer a b c", name, name + "=", name + "=%", name + "=%zz", name + "=a.b",
		name + `="`, name + "=" + strings.Repeat("a", 2000), name + "=\x01", name + "=a\x00b", "\x7f", "; ; ;", strings.Repeat("a=b; ", 300), name + "=a.b.c.d; " + name + "=e",
	}
	lines := []string{"no colon", ": no name", "X Kit: a space", "Content-Length: -1", "Content-Length: 1, 2", " folded"}
	for _, v := range values {
		for _, h := range []string{"Authorization", "Cookie", "Content-Type", "Origin", "X-Forwarded-For"} {
			lines = append(lines, h+": "+v)
		}
	}
	for _, line := range lines {
		for _, target := range []string{base + "/get-session", "/required", "/optional"} {
			c := w.dial()
			_ = c.SetDeadline(time.Now().Add(200 * time.Millisecond)) // some engines wait for more
			c.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + line + "\r\n\r\n")
			if a, err := c.answer("GET"); err == nil && a.status >= 500 {
				k.Errorf("%s with %.60q: %d %s", target, line, a.status, a.body)
			}
			_ = c.Close()
		}
	}
	if a := w.get("/ok"); a.status != 200 {
		k.Errorf("afterwards: %d %s", a.status, a.body)
	}
}

func refusesLargeHeaders(k *kit) {
	w := k.world()
	for _, target := range []string{base + "/ok", "/required"} {
		for _, line := range []string{"Cookie: a=" + strings.Repeat("b", 3<<20), strings.Repeat("X-Kit: a\r\n", 200000) + "X-Kit: b"} {
			c := w.dial()
			go c.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + line + "\r\n\r\n")
			if a, err := c.answer("GET"); err == nil && (a.status < 400 || a.status >= 500) {
				k.Errorf("%s with headers of %d bytes: %d %.100s, want 4xx or nothing", target, len(line), a.status, a.body)
			}
			_ = c.Close()
		}
	}
	long := slices.Repeat([]string{"X-Kit: " + strings.Repeat("a", 100)}, 10)
	if a := w.get("/ok", long...); a.status != 200 {
		k.Errorf("headers of a kilobyte: %d %s", a.status, a.body)
	}
}
