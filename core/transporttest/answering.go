package transporttest

import "strings"

func answering() []promise {
	return []promise{
		{"SetsCookiesInOrder_H03", setsCookiesInOrder},
		{"KeepsHeaderValues", keepsHeaderValues},
		{"KeepsBodyBytes", keepsBodyBytes},
		{"KeepsTheStatus", keepsTheStatus},
		{"AddsNoContentType", addsNoContentType},
		{"AnswersHeadWithoutABody_H05", answersHeadWithoutABody},
	}
}

func setsCookiesInOrder(k *kit) {
	w := k.world()
	w.user("ann@example.com")
	for _, c := range []struct {
		forget string
		names  []string
	}{{"true", []string{"better-auth.session_token", "better-auth.dont_remember"}}, {"false", []string{"better-auth.session_token"}}} {
		a := w.post("/kit/sign-in", `{"email":"ann@example.com","forget":`+c.forget+`}`)
		lines := a.values("Set-Cookie")
		if len(lines) != len(c.names) {
			k.Fatalf("forget %s: got %q, want %d cookies", c.forget, lines, len(c.names))
		}
		for i, name := range c.names {
			if !strings.HasPrefix(lines[i], name+"=") {
				k.Errorf("forget %s: cookie %d is %q, want %s", c.forget, i, lines[i], name)
			}
		}
		token, _, _ := strings.Cut(strings.TrimPrefix(lines[0], c.names[0]+"="), ".")
		tail := "; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"
		if c.forget == "true" {
			tail = "; Path=/; HttpOnly; SameSite=Lax"
		}
		k.want("the first cookie", lines[0], w.auth.Sessions.Cookie(token)+tail)
	}
	cookie, _ := w.signIn("bob@example.com")
	k.want("cookies of a sign-out", w.post("/kit/sign-out", `{}`, "Cookie: "+cookie).values("Set-Cookie"), expired)
}

var expired = []string{
	"better-auth.session_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax", "better-auth.session_data=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
	"better-auth.dont_remember=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
}

func keepsHeaderValues(k *kit) {
	a := k.world().get("/kit/headers")
	k.want("X-Kit-Text", a.values("X-Kit-Text"), []string{`a, b; c="d" ` + "\u00e9"})
	k.want("Vary", strings.Join(a.values("Vary"), ", "), "Cookie, Authorization, Origin, Accept-Language")
	k.want("Content-Language", a.values("Content-Language"), []string{"en, de"})
	k.want("Cache-Control", a.values("Cache-Control"), []string{"no-store"})
	k.want("Content-Type", a.values("Content-Type"), []string{"application/json"})
}

func keepsBodyBytes(k *kit) {
	a := k.world().get("/kit/page")
	k.want("the body", a.body, "<html>"+strings.Repeat("\x00\xff\r\n", 2000))
	k.want("Content-Type", a.values("Content-Type"), []string{"application/x-kit"})
}

func keepsTheStatus(k *kit) {
	w := k.world()
	for path, want := range map[string]int{"/kit/page": 203, "/kit/redirect": 302, "/kit/me": 401, "/no/such": 404, "/kit/one": 400, "/kit/panic": 500, "/ok": 200} {
		if a := w.get(path); a.status != want {
			k.Errorf("%s: status %d, want %d", path, a.status, want)
		}
	}
	if a := w.get("/kit/redirect"); strings.Join(a.values("Location"), " ") != "http://localhost:8080/a?b=c&d=%2F#e" {
		k.Errorf("Location: %q", a.values("Location"))
	}
}

func addsNoContentType(k *kit) {
	w := k.world()
	for _, path := range []string{"/no/such", "/kit/untyped"} {
		if a := w.get(path); a.body != "" || len(a.values("Content-Type")) > 0 {
			k.Errorf("%s: body %q with Content-Type %q, want neither", path, a.body, a.values("Content-Type"))
		}
	}
}

func answersHeadWithoutABody(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	for _, c := range []struct {
		target string
		status int
	}{{base + "/ok", 404}, {base + "/no/such", 404}, {base + "/kit/page", 404}} {
		if a := w.ask("HEAD", c.target, "", "Cookie: "+cookie); a.status != c.status || a.body != "" {
			k.Errorf("HEAD %s: %d %q, want %d and no body", c.target, a.status, a.body, c.status)
		}
	}
}
