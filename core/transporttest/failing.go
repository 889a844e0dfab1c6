package transporttest

import (
	"context"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

func failing() []promise {
	return []promise{
		{"HidesAPanic_H06", hidesAPanic},
		{"HidesAPanicOfAHook_H06", hidesAPanicOfAHook},
		{"HidesAPanicOfTheStore_H06", hidesAPanicOfTheStore},
		{"TellsAnOutage", tellsAnOutage},
		{"AnswersAfterACommit_H07", answersAfterACommit},
	}
}

const internal = `{"message":"Internal server error","code":"INTERNAL_SERVER_ERROR"}`

// hidden checks an answer to something that went wrong inside.
func (w *world) hidden(what string, a answer) {
	w.Helper()
	if a.status != 500 || a.body != internal || len(a.values("Set-Cookie")) > 0 {
		w.Errorf("%s: %d %s, cookies %q; want 500, the general error and no cookie", what, a.status, a.body, a.values("Set-Cookie"))
	}
	if a := w.get("/ok"); a.status != 200 {
		w.Errorf("after %s: %d %s", what, a.status, a.body)
	}
}

func hidesAPanic(k *kit) {
	w := k.world()
	w.user("ann@example.com")
	w.hidden("a panic", w.get("/kit/panic"))
	w.hidden("a nil dereference", w.get("/kit/nil-panic"))
	w.hidden("a panic after a session began", w.post("/kit/sign-in-panic", `{"email":"ann@example.com"}`))
}

func hidesAPanicOfAHook(k *kit) {
	for what, hooks := range map[string]kernia.SessionHooks{
		"a before-hook": {BeforeCreate: func(context.Context, *kernia.Session) error { panic("kit: a hook panics") }},
		"an after-hook": {AfterCreate: func(context.Context, kernia.Session) error { panic("kit: a hook panics") }},
	} {
		w := k.world(func(s *setup) { s.Hooks.Session = hooks })
		w.user("ann@example.com")
		w.hidden("a panic of "+what, w.post("/kit/sign-in", `{"email":"ann@example.com"}`))
	}
}

func hidesAPanicOfTheStore(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	w.store.on(func(context.Context, string) error { panic("kit: the store panics") })
	w.hidden("a panic of the store", w.post("/kit/sign-in", `{"email":"ann@example.com"}`))
	for _, path := range []string{"/required", "/optional"} {
		w.hidden("a panic of the store in a guard", w.ask("GET", path, "", "Cookie: "+cookie))
	}
	if n := w.visited(); n > 0 {
		k.Errorf("the application's handler ran %d times", n)
	}
}

func tellsAnOutage(k *kit) {
	w := k.world()
	cookie, _ := w.signIn("ann@example.com")
	w.store.on(func(context.Context, string) error { return ports.ErrUnavailable })
	for _, target := range []string{base + "/get-session", base + "/kit/me", "/required", "/optional"} {
		a := w.ask("GET", target, "", "Cookie: "+cookie)
		if a.status != 503 || a.body != `{"message":"Service unavailable","code":"SERVICE_UNAVAILABLE"}` || len(a.values("Set-Cookie")) > 0 {
			k.Errorf("%s while the store is down: %d %s, cookies %q; want 503 and no cookie", target, a.status, a.body, a.values("Set-Cookie"))
		}
	}
	if n := w.visited(); n > 0 {
		k.Errorf("the application's handler ran %d times", n)
	}
}

// answersAfterACommit stands behind middleware that answered already. Where the framework kept that back the core's
// answer takes its place; where it is on its way, what follows cannot pass for an answer of its own.
func answersAfterACommit(k *kit) {
	w := k.world(func(s *setup) { s.app.Commit = true })
	w.user("ann@example.com")
	a := w.post("/kit/sign-in", `{"email":"ann@example.com"}`)
	switch {
	case a.status == 200 && a.body == `{"done":true}` && len(a.values("Set-Cookie")) == 1:
	case a.status == 202 && strings.HasPrefix(a.body, "early") && len(a.values("Set-Cookie")) == 0:
	case a.status >= 500 && a.body != "":
	default:
		k.Errorf("after an early answer: %d %q, cookies %q", a.status, a.body, a.values("Set-Cookie"))
	}
}
