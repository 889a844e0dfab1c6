package transporttest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

func guarding() []promise {
	return []promise{
		{"RequiresASession", requiresASession},
		{"LoadsNobody", loadsNobody},
		{"RefusesForeignOrigins", refusesForeignOrigins},
		{"DeletesTheCookiesOfADeadSession", deletesTheCookiesOfADeadSession},
		{"RefreshesBeforeTheHandler", refreshesBeforeTheHandler},
		{"LeavesTheApplicationItsErrors", leavesTheApplicationItsErrors},
		{"LeavesTheApplicationItsBody", leavesTheApplicationItsBody},
		{"LeavesTheApplicationItsAnswer", leavesTheApplicationItsAnswer},
	}
}

const unauthorized = `{"message":"Unauthorized","code":"UNAUTHORIZED"}`

func requiresASession(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	name, value, _ := strings.Cut(cookie, "=")
	for what, headers := range map[string][]string{
		"nothing": nil, "another cookie": {"Cookie: a=b"}, "a forged cookie": {"Cookie: " + name + "=" + strings.Repeat("a", 32) + "." + strings.Repeat("b", 43) + "%3D"},
		"a cookie without its signature": {"Cookie: " + name + "=" + value[:32]}, "an empty cookie": {"Cookie: " + name + "="}, "a bearer token that no feature reads": {"Authorization: Bearer " + value},
	} {
		for _, method := range []string{"GET", "POST"} {
			a := w.ask(method, "/required", "", append(headers, fromUs)...)
			if a.status != 401 || a.body != unauthorized || strings.Join(a.values("Content-Type"), " ") != "application/json" || strings.Join(a.values("Cache-Control"), " ") != "no-store" {
				k.Errorf("%s with %s: %d %s %q, want 401 %s", method, what, a.status, a.body, a.lines, unauthorized)
			}
		}
	}
	if n := w.visited(); n > 0 {
		k.Errorf("the application's handler ran %d times", n)
	}
	if a := w.ask("GET", "/required", "", "Cookie: "+cookie); a.status != 200 || a.body != "ann@example.com" {
		k.Errorf("a live session: %d %s", a.status, a.body)
	}
}

func loadsNobody(k *kit) {
	w := k.world()
	for _, headers := range [][]string{nil, {"Cookie: a=b"}, {"Authorization: Bearer a"}} {
		if a := w.ask("GET", "/optional", "", headers...); a.status != 200 || a.body != "nobody" {
			k.Errorf("with %q: %d %s, want the handler and nobody", headers, a.status, a.body)
			continue
		}
		if v := w.last(); v.Session != nil || kernia.SessionFrom(v.Context) != nil {
			k.Errorf("with %q: somebody", headers)
		}
	}
}

func refusesForeignOrigins(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	for _, path := range []string{"/required", "/optional"} {
		for line, code := range map[string]string{
			"Origin: http://foreign.example": "INVALID_ORIGIN", "Origin: null": "MISSING_OR_NULL_ORIGIN", "X-Kit: none": "MISSING_OR_NULL_ORIGIN", "Origin: http://localhost:8080.foreign.example": "INVALID_ORIGIN",
			"Origin: http://foreign.example\r\nOrigin: " + origin: "INVALID_ORIGIN", "Origin: " + origin + "\r\nOrigin: http://foreign.example": "INVALID_ORIGIN",
		} {
			a := w.ask("POST", path, "a=b", "Cookie: "+cookie, line)
			if a.status != 403 || !strings.Contains(a.body, code) {
				k.Errorf("POST %s with %q: %d %s, want 403 %s", path, line, a.status, a.body, code)
			}
		}
	}
	if n := w.visited(); n > 0 {
		k.Errorf("the application's handler ran %d times", n)
	}
	for _, path := range []string{"/required", "/optional"} {
		if a := w.ask("POST", path, "a=b", "Cookie: "+cookie, fromUs); a.status != 200 || a.body != "ann@example.com" {
			k.Errorf("POST %s from our own origin: %d %s", path, a.status, a.body)
		}
	}
}

func deletesTheCookiesOfADeadSession(k *kit) {
	w := k.world()
	cookie, s := w.signIn("ann@example.com")
	if ok, err := w.auth.Sessions.Revoke(w.ctx, s.Token); err != nil || !ok {
		k.Fatalf("Revoke: %v %v", ok, err)
	}
	a := w.ask("GET", "/required", "", "Cookie: "+cookie)
	k.want("a revoked session where one is required", a.body, unauthorized)
	k.want("its cookies", a.values("Set-Cookie"), expired)
	a = w.ask("GET", "/optional", "", "Cookie: "+cookie)
	k.want("a revoked session where none is required", a.body, "nobody")
	k.want("its cookies", a.values("Set-Cookie"), expired)
}

// refreshesBeforeTheHandler asks the store, from inside the handler, how long the session lives.
func refreshesBeforeTheHandler(k *kit) {
	var w *world
	w = k.world(func(s *setup) {
		s.app.Visit = func(v Visit) (int, string) {
			if v.Session == nil {
				return 200, "nobody"
			}
			list, err := w.auth.Sessions.List(v.Context, v.Session.User.ID)
			if err != nil || len(list) != 1 {
				return 200, fmt.Sprint(len(list), err)
			}
			return 200, list[0].ExpiresAt.Format(time.RFC3339) + " " + v.Session.Session.ExpiresAt.Format(time.RFC3339)
		}
	})
	cookie, _ := w.signIn("ann@example.com")
	for _, path := range []string{"/required", "/optional"} {
		now := w.clock.Advance(25 * time.Hour)
		expires := now.Add(7 * 24 * time.Hour).Format(time.RFC3339)
		a := w.ask("GET", path, "", "Cookie: "+cookie)
		k.want(path+": the row and the principal", a.body, expires+" "+expires)
		k.want(path+": cookies", a.values("Set-Cookie"), []string{cookie + "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"})
		if again := w.ask("GET", path, "", "Cookie: "+cookie); len(again.values("Set-Cookie")) > 0 {
			k.Errorf("%s: a session that is not due sets %q", path, again.values("Set-Cookie"))
		}
	}
}

func leavesTheApplicationItsErrors(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	w.clock.Advance(25 * time.Hour)
	for _, headers := range [][]string{nil, {"Cookie: " + cookie}} {
		a := w.ask("GET", "/fail", "", headers...)
		if a.status != 418 || strings.TrimSpace(a.body) != "app: teapot" {
			k.Errorf("a failing handler with %q: %d %s, want 418 app: teapot", headers, a.status, a.body)
		}
		if n := len(a.values("Set-Cookie")); n != len(headers) {
			k.Errorf("a failing handler with %q: %d cookies, want %d", headers, n, len(headers))
		}
	}
}

func leavesTheApplicationItsBody(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	body := strings.Repeat("a body of the application's own ", 100)
	for _, path := range []string{"/required", "/optional", "/open"} {
		for _, m := range []struct{ body, header string }{{body, "X-Kit: a"}, {chunks(body[:100], body[100:]), chunked}} {
			if a := w.ask("POST", path, m.body, "Cookie: "+cookie, fromUs, "Content-Type: text/plain", m.header); a.status != 200 {
				k.Errorf("%s: %d %s", path, a.status, a.body)
				continue
			}
			k.want(path+": the body", string(w.last().Body), body)
		}
	}
}

func leavesTheApplicationItsAnswer(k *kit) {
	w := k.world(func(s *setup) { s.app.Visit = func(Visit) (int, string) { return 207, "own \u00e9" } })
	cookie, _ := w.signIn("ann@example.com")
	for _, path := range []string{"/required", "/optional"} {
		a := w.ask("GET", path, "", "Cookie: "+cookie)
		if a.status != 207 || a.body != "own \u00e9" || !strings.HasPrefix(strings.Join(a.values("Content-Type"), " "), "text/plain") {
			k.Errorf("%s: %d %s %q", path, a.status, a.body, a.lines)
		}
		if len(a.values("Cache-Control"))+len(a.values("Set-Cookie")) > 0 {
			k.Errorf("%s: headers that the application did not set: %q", path, a.lines)
		}
	}
}

func knowing() []promise {
	return []promise{
		{"TellsWhoCalls", tellsWhoCalls},
		{"TellsWhoCallsManyAtOnce", tellsWhoCallsManyAtOnce},
		{"TellsNobodyWithoutAGuard", tellsNobodyWithoutAGuard},
	}
}

func tellsWhoCalls(k *kit) {
	w := k.world()
	cookie, s := w.signIn("ann@example.com")
	for _, path := range []string{"/required", "/optional"} {
		a := w.ask("GET", path, "", "Cookie: "+cookie)
		if a.status != 200 {
			k.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		v := w.last()
		for where, p := range map[string]*kernia.Principal{"the framework's accessor": v.Session, "the request's context": kernia.SessionFrom(v.Context)} {
			if p == nil || p.User.Email != "ann@example.com" || p.Session.ID != s.ID || p.Session.Token != s.Token {
				k.Errorf("%s: %s gives %v, want the session %s", path, where, p, s.ID)
			}
		}
	}
}

func tellsWhoCallsManyAtOnce(k *kit) {
	w := k.world()
	var all sync.WaitGroup
	for i := range 16 {
		email := fmt.Sprintf("user%02d@example.com", i)
		cookie, s := w.signIn(email)
		path := []string{"/required", "/optional"}[i%2]
		c := w.dial()
		all.Go(func() {
			defer func() { _ = c.Close() }()
			for range 20 {
				c.send(message("GET", path, "", "Cookie: "+cookie) + message("GET", base+"/kit/me", "", "Cookie: "+cookie))
				a, err := c.answer("GET")
				if err != nil || a.body != email {
					k.Errorf("%s is told to be %q %v", email, a.body, err)
				}
				if a, err := c.answer("GET"); err != nil || !strings.Contains(a.body, s.ID) || !strings.Contains(a.body, email) {
					k.Errorf("%s has the session %q %v", email, a.body, err)
				}
			}
		})
	}
	all.Wait()
}

func tellsNobodyWithoutAGuard(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	c := w.dial()
	defer func() { _ = c.Close() }()
	for range 20 { // a framework that reuses its contexts must not leave the last caller in them
		if a := c.ask("GET", "/required", "", "Cookie: "+cookie); a.body != "ann@example.com" {
			k.Fatalf("%d %s", a.status, a.body)
		}
		for _, path := range []string{"/optional", "/open"} {
			if a := c.ask("GET", path, ""); a.body != "nobody" || kernia.SessionFrom(w.last().Context) != nil {
				k.Fatalf("%s after somebody's request: %d %s", path, a.status, a.body)
			}
		}
	}
}
