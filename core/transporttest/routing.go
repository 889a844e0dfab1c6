package transporttest

import "strings"

func routing() []promise {
	return []promise{
		{"AnswersTheTranscript_H03_H05", answersTheTranscript},
		{"PassesNoVariantOfAPath_B05", passesNoVariantOfAPath},
		{"MountsUnderAPrefix_H05", mountsUnderAPrefix},
		{"MountsAtTheRoot_H05", mountsAtTheRoot},
		{"LeavesOtherPathsToTheApplication_H05", leavesOtherPathsToTheApplication},
	}
}

// cleaned reports whether an answer leads to the clean form of a path, where the router does that.
func (k *kit) cleaned(a answer, target string) bool {
	path, _, _ := strings.Cut(target, "?")
	unclean := strings.Contains(path, "//") || strings.Contains(path, "/./") || strings.Contains(path, "/../")
	return k.cleansPaths && unclean && (a.status == 301 || a.status == 307 || a.status == 308)
}

func passesNoVariantOfAPath(k *kit) {
	w := k.world()
	if a := w.get("/kit/closed"); a.status != 404 {
		k.Errorf("the disabled path: %d %s", a.status, a.body)
	}
	for _, target := range []string{
		base + "/kit/closed/", base + "//kit/closed", base + "/kit//closed", "/api//auth/kit/closed", "//api/auth/kit/closed", base + "%2fkit/closed", base + "/kit%2fclosed",
		base + "/kit/%63losed", base + "/kit/close%64", base + "/KIT/closed", base + "/kit/Closed", "/API/AUTH/kit/closed", base + "/kit/closed;a=b", base + "/kit/closed?x",
		base + "/kit/closed?x=/ok", base + "/kit/closed#x", base + "/kit/closed%23x", base + "/kit/closed%3fx", base + "/./kit/closed", base + "/kit/../kit/closed",
		base + "/kit/%2e/closed", base + "/kit/x/..%2fclosed", base + "/kit/closed%00", base + "/kit/closed%20", base + "/kit/closed%", base + `/kit\closed`, base + "/kit/closed.json",
		"http://localhost:8080" + base + "/kit/closed", "http://x.example/" + base + "/kit/closed",
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			a := w.ask(method, target, "")
			if (a.status < 400 || a.status >= 500) && !k.cleaned(a, target) {
				k.Errorf("%s %s: %d %.100s", method, target, a.status, a.body)
			}
		}
	}
	if n := w.probe.closed.Load(); n > 0 {
		k.Errorf("the disabled operation ran %d times", n)
	}
}

func mountsUnderAPrefix(k *kit) {
	for _, at := range []struct{ group, path string }{{"/api", "/auth"}, {"/api/auth", ""}, {"", "/api/auth"}} {
		w := k.world(func(s *setup) { s.app.Group, s.app.Path = at.group, at.path })
		cookie, _ := w.signIn("ann@example.com")
		if a := w.get("/kit/echo/a%2Fb?q=c"); a.status != 200 || a.body != `{"value":"a%2Fb","q":"c"}` {
			k.Errorf("under %q at %q: %d %s", at.group, at.path, a.status, a.body)
		}
		if a := w.post("/kit/sign-out", `{}`, "Cookie: "+cookie); a.status != 200 || len(a.values("Set-Cookie")) != 3 {
			k.Errorf("a POST under %q at %q: %d %s", at.group, at.path, a.status, a.body)
		}
		if a := w.get("/no/such"); a.status != 404 || a.body != "" {
			k.Errorf("an unknown route under %q at %q: %d %s, want the core's 404", at.group, at.path, a.status, a.body)
		}
		if a := w.ask("GET", "/auth/ok", ""); a.status != 404 {
			k.Errorf("the local path without its prefix: %d %s", a.status, a.body)
		}
		if a := w.ask("GET", "/open", ""); a.status != 200 || a.body != "nobody" {
			k.Errorf("the application's own route: %d %s", a.status, a.body)
		}
	}
}

func mountsAtTheRoot(k *kit) {
	w := k.world(func(s *setup) { s.Config.BasePath = "/" })
	if a := w.ask("GET", "/kit/echo/a", ""); a.status != 200 {
		k.Errorf("an operation at the root: %d %s", a.status, a.body)
	}
	if a := w.ask("GET", "/open", ""); a.status != 200 || a.body != "nobody" {
		k.Errorf("the application's own route: %d %s", a.status, a.body)
	}
}

func leavesOtherPathsToTheApplication(k *kit) {
	w := k.world()
	for _, target := range []string{"/", "/api", "/api/", base, "/api/authentic", "/api/auth2/ok", "/x" + base + "/ok", "/ok", "/api/auth.json"} {
		for _, method := range []string{"GET", "POST"} {
			if a := w.ask(method, target, ""); a.status != 404 {
				k.Errorf("%s %s: %d %s, want 404", method, target, a.status, a.body)
			}
		}
	}
	if a := w.ask("GET", "/open", ""); a.status != 200 || a.body != "nobody" || len(a.values("Set-Cookie")) > 0 {
		k.Errorf("a route without a guard: %d %s %q", a.status, a.body, a.lines)
	}
}
