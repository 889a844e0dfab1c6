package transporttest

import (
	"context"
	"slices"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// merging is about headers that the application's middleware has set before: a list grows, any other line is
// replaced, cookies stay.
func merging() []promise {
	return []promise{
		{"AddsToListsOfTheApplication", addsToLists},
		{"ReplacesOtherHeadersOfTheApplication", replacesOtherHeaders},
		{"KeepsCookiesOfTheApplication", keepsCookies},
		{"MergesBehindAGuard", mergesBehindAGuard},
		{"KeepsAnOwnCacheControl", keepsAnOwnCacheControl},
		{"KeepsTheFormOfAnError", keepsTheFormOfAnError},
	}
}

// taking is about what features do to the answer besides its body.
func taking() []promise {
	return []promise{
		{"SetsCookiesOfFeatures", setsCookiesOfFeatures},
		{"DeletesCookiesOfFeatures", deletesCookiesOfFeatures},
		{"AnswersADiversion", answersADiversion},
	}
}

const exposed = "Access-Control-Expose-Headers"

// errForm is an error whose body has the form of RFC 6749.
var errForm = &kernia.Error{Kind: kernia.Invalid, Code: "invalid_grant", Message: "The grant is over", Form: kernia.OAuthError}

// declareEffects adds operations and steps that set headers and cookies.
func (p *probe) declareEffects(d *kernia.Declaration) {
	one, two := d.Cookie("kit_one", kernia.CookieOptions{Form: kernia.CookiePlain, MaxAge: time.Hour}), d.Cookie("kit_two", kernia.CookieOptions{MaxAge: time.Minute})
	set := func(c *kernia.Call) error {
		if err := one.Set(c, "a%b \u00e9"); err != nil {
			return err
		}
		return two.Set(c, "second")
	}
	kernia.Get(d, "/kit/cookies", func(_ context.Context, c *kernia.Call, _ kernia.None) (echoOutput, error) {
		first, _ := one.Read(c)
		second, _ := two.Read(c)
		return echoOutput{first, second}, set(c)
	})
	kernia.Get(d, "/kit/no-cookies", func(_ context.Context, c *kernia.Call, _ kernia.None) (done, error) {
		one.Delete(c)
		two.Delete(c)
		return done{true}, nil
	})
	kernia.Get(d, "/kit/lines", func(_ context.Context, c *kernia.Call, _ kernia.None) (done, error) {
		c.SetHeader("Set-Cookie", "kit_three=3; Path=/")
		c.SetHeader("Set-Cookie", "kit_four=4; Path=/")
		c.SetHeader("Vary", "Accept-Language")
		c.SetHeader(exposed, "X-Kit-Text, X-Kit-Own")
		c.SetHeader("X-Kit-Own", "ours")
		return done{true}, set(c)
	})
	kernia.Get(d, "/kit/cached", func(context.Context, *kernia.Call, kernia.None) (kernia.Page, error) {
		return kernia.Page{Type: "text/html; charset=utf-8", Body: []byte("<p>kit</p>"), Headers: []kernia.HeaderLine{{Name: "Cache-Control", Value: "public, max-age=60"}}}, nil
	})
	kernia.Get(d, "/kit/grant", func(context.Context, *kernia.Call, kernia.None) (done, error) { return done{}, errForm }, kernia.Errors(errForm))
	d.Interrupt(func(_ context.Context, c *kernia.Call, _ kernia.Attempt) error {
		if c.Header("X-Kit-Divert") == "" {
			return nil
		}
		if err := two.Set(c, "pending"); err != nil {
			return err
		}
		return &kernia.Diversion{Answer: echoOutput{Value: "further"}}
	})
	d.Issued(func(c *kernia.Call, _ string) {
		if c.Header("X-Kit-Expose") != "" {
			c.SetHeader("X-Kit-Own", "ours")
			c.SetHeader(exposed, "X-Kit-Own")
			c.SetHeader("Vary", "X-Kit-Expose")
		}
	})
}

// preset makes the application's middleware set header lines.
func preset(lines ...kernia.HeaderLine) func(s *setup) {
	return func(s *setup) { s.app.Header = lines }
}

// items returns what the lines of a list hold, sorted, in lower case.
func (a answer) items(name string) []string {
	var out []string
	for _, line := range a.values(name) {
		for item := range strings.SplitSeq(line, ",") {
			out = append(out, strings.ToLower(strings.TrimSpace(item)))
		}
	}
	slices.Sort(out)
	return out
}

func lists() func(s *setup) {
	return preset(kernia.HeaderLine{Name: "Vary", Value: "Origin"}, kernia.HeaderLine{Name: "Vary", Value: "X-App, accept-language"},
		kernia.HeaderLine{Name: exposed, Value: "X-App"}, kernia.HeaderLine{Name: exposed, Value: "x-kit-own"})
}

func addsToLists(k *kit) {
	w := k.world(lists())
	a := w.get("/kit/lines")
	k.want("Vary", a.items("Vary"), []string{"accept-language", "authorization", "cookie", "origin", "x-app"})
	k.want(exposed, a.items(exposed), []string{"x-app", "x-kit-own", "x-kit-text"})
	a = w.get("/ok")
	k.want("Vary where all else is the core's", a.items("Vary"), []string{"accept-language", "authorization", "cookie", "origin", "x-app"})
	k.want(exposed+" where the core sets none", a.items(exposed), []string{"x-app", "x-kit-own"})
	a = k.world().get("/kit/lines")
	k.want("Vary where the application sets none", a.items("Vary"), []string{"accept-language", "authorization", "cookie", "origin"})
	k.want(exposed+" where the application sets none", a.items(exposed), []string{"x-kit-own", "x-kit-text"})
}

func replacesOtherHeaders(k *kit) {
	w := k.world(preset(
		kernia.HeaderLine{Name: "Cache-Control", Value: "public"}, kernia.HeaderLine{Name: "Cache-Control", Value: "max-age=60"},
		kernia.HeaderLine{Name: "X-Kit-Own", Value: "theirs"}, kernia.HeaderLine{Name: "X-App", Value: "theirs"}, kernia.HeaderLine{Name: "X-App", Value: "too"},
		kernia.HeaderLine{Name: "Content-Type", Value: "application/x-app"}))
	a := w.get("/kit/lines")
	k.want("Cache-Control", a.values("Cache-Control"), []string{"no-store"})
	k.want("a header that both set", a.values("X-Kit-Own"), []string{"ours"})
	k.want("a header that the application sets", a.values("X-App"), []string{"theirs", "too"})
	k.want("Content-Type", a.values("Content-Type"), []string{"application/json"})
	k.want("Cache-Control of a page", w.get("/kit/cached").values("Cache-Control"), []string{"public, max-age=60"})
}

const oursOne, oursTwo = "better-auth.kit_one=a%25b%20%C3%A9; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax", "better-auth.kit_two=second."

// cookies checks the Set-Cookie lines of an answer by their beginnings.
func (w *world) cookies(what string, a answer, begin ...string) {
	w.Helper()
	lines := a.values("Set-Cookie")
	ok := len(lines) == len(begin)
	for i := range lines {
		ok = ok && strings.HasPrefix(lines[i], begin[i])
	}
	if !ok {
		w.Errorf("%s: cookies %q, want those that begin %q", what, lines, begin)
	}
}

func keepsCookies(k *kit) {
	w := k.world(preset(kernia.HeaderLine{Name: "Set-Cookie", Value: "app=1; Path=/"}, kernia.HeaderLine{Name: "Set-Cookie", Value: "app_two=2; Path=/x"}))
	w.cookies("an answer with cookies", w.get("/kit/lines"), "app=1; Path=/", "app_two=2; Path=/x", oursOne, oursTwo, "kit_three=3; Path=/", "kit_four=4; Path=/")
	w.cookies("an answer without", w.get("/ok"), "app=1; Path=/", "app_two=2; Path=/x")
}

// mergesBehindAGuard looks at the application's own answer, to which a guard that renews the session adds.
func mergesBehindAGuard(k *kit) {
	for _, path := range []string{"/required", "/optional"} {
		w := k.world(lists(), func(s *setup) {
			s.app.Header = append(s.app.Header, kernia.HeaderLine{Name: "Set-Cookie", Value: "app=1; Path=/"}, kernia.HeaderLine{Name: "Cache-Control", Value: "private"},
				kernia.HeaderLine{Name: "X-Kit-Own", Value: "theirs"})
		})
		cookie, _ := w.signIn("ann@example.com")
		w.clock.Advance(25 * time.Hour)
		a := w.ask("GET", path, "", "Cookie: "+cookie, "X-Kit-Expose: a")
		if a.status != 200 || a.body != "ann@example.com" {
			k.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		k.want(path+": Vary", a.items("Vary"), []string{"accept-language", "authorization", "cookie", "origin", "x-app", "x-kit-expose"})
		k.want(path+": "+exposed, a.items(exposed), []string{"x-app", "x-kit-own"})
		k.want(path+": a header that both set", a.values("X-Kit-Own"), []string{"ours"})
		k.want(path+": Cache-Control of an answer with a session cookie", a.values("Cache-Control"), []string{"no-store"})
		w.cookies(path, a, "app=1; Path=/", cookie)
	}
	w := k.world(lists())
	a := w.ask("GET", "/required", "")
	k.want("Vary of a refusal", a.items("Vary"), []string{"accept-language", "authorization", "cookie", "origin", "x-app"})
}

func keepsAnOwnCacheControl(k *kit) {
	a := k.world().get("/kit/cached")
	k.want("Cache-Control", a.values("Cache-Control"), []string{"public, max-age=60"})
	k.want("Pragma, which would say the opposite", a.values("Pragma"), []string(nil))
	k.want("Content-Type", a.values("Content-Type"), []string{"text/html; charset=utf-8"})
	k.want("the body", a.body, "<p>kit</p>")
}

func keepsTheFormOfAnError(k *kit) {
	a := k.world().get("/kit/grant")
	if a.status != 400 || a.body != `{"error":"invalid_grant","error_description":"The grant is over"}` {
		k.Errorf("an error of RFC 6749: %d %s", a.status, a.body)
	}
	k.want("Content-Type", a.values("Content-Type"), []string{"application/json"})
	k.want("Cache-Control", a.values("Cache-Control"), []string{"no-store"})
}

func setsCookiesOfFeatures(k *kit) {
	w := k.world()
	a := w.get("/kit/cookies")
	w.cookies("cookies of a feature", a, oursOne, oursTwo)
	again := w.get("/kit/cookies", "Cookie: "+a.cookie())
	k.want("what the feature reads of them", again.body, "{\"value\":\"a%b \u00e9\",\"q\":\"second\"}")
}

func deletesCookiesOfFeatures(k *kit) {
	k.want("cookies", k.world().get("/kit/no-cookies").values("Set-Cookie"), []string{
		"better-auth.kit_one=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax", "better-auth.kit_two=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
	})
}

func answersADiversion(k *kit) {
	w := k.world()
	u := w.user("ann@example.com")
	a := w.post("/kit/sign-in", `{"email":"ann@example.com"}`, "X-Kit-Divert: a")
	if a.status != 200 || a.body != `{"value":"further","q":""}` {
		k.Errorf("a diverted sign-in: %d %s", a.status, a.body)
	}
	pending := 0
	for _, line := range a.values("Set-Cookie") {
		name, value, _ := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "better-auth.kit_two=pending."):
			pending++
		case name == "better-auth.session_token" && !strings.HasPrefix(value, ";"):
			k.Errorf("a diverted sign-in sets a session cookie: %s", line)
		}
	}
	if sessions, err := w.auth.Sessions.List(w.ctx, u.ID); err != nil || len(sessions) > 0 || pending != 1 {
		k.Errorf("after a diverted sign-in: %d sessions %v, and %d cookies of the feature, want 0 and 1", len(sessions), err, pending)
	}
}
