package kernia_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// cookieJar declares two cookies, and operations that set, read and delete the first.
func cookieJar(o kernia.CookieOptions, handles ...**kernia.Cookie) declared {
	type in struct {
		Value  string `json:"value"`
		Suffix string `json:"suffix"`
	}
	return func(d *kernia.Declaration) {
		one, other := d.Cookie("crumb", o), d.Cookie("crust", o)
		for _, h := range handles {
			*h = one
		}
		of := func(i in) *kernia.Cookie {
			if i.Suffix == "" {
				return one
			}
			return one.With(i.Suffix)
		}
		kernia.Post(d, "/set", func(_ context.Context, c *kernia.Call, i in) (string, error) { return "", of(i).Set(c, i.Value) })
		kernia.Post(d, "/read", func(_ context.Context, c *kernia.Call, i in) (string, error) {
			value, ok := of(i).Read(c)
			return fmt.Sprint(value, " ", ok), nil
		})
		kernia.Post(d, "/read-other", func(_ context.Context, c *kernia.Call, _ in) (string, error) {
			value, ok := other.Read(c)
			return fmt.Sprint(value, " ", ok), nil
		})
		kernia.Post(d, "/suffixes", func(_ context.Context, c *kernia.Call, _ in) ([]string, error) { return one.Suffixes(c), nil })
		kernia.Post(d, "/delete", func(_ context.Context, c *kernia.Call, i in) (string, error) { of(i).Delete(c); return "", nil })
	}
}

func cookieBody(value, suffix string) string {
	return fmt.Sprintf(`{"value":%q,"suffix":%q}`, value, suffix)
}

const crumb = "better-auth.crumb"

func TestCookieForms(t *testing.T) {
	for _, test := range []struct {
		name   string
		form   kernia.CookieForm
		hidden bool // the browser cannot read it
		forged bool // what somebody else wrote counts
		moved  bool // it counts under another name
	}{
		{"bound", kernia.CookieBound, false, false, false},
		{"shared", kernia.CookieShared, false, false, true},
		{"sealed", kernia.CookieSealed, true, false, false},
		{"plain", kernia.CookiePlain, false, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{}, cookieJar(kernia.CookieOptions{Form: test.form})))
			if a := b.Post("/read", cookieBody("", "")); a.Body != `" false"` {
				t.Errorf("without a cookie: %s", a.Body)
			}
			b.Post("/set", cookieBody("milk; and=honey", ""))
			if a := b.Post("/read", cookieBody("", "")); a.Body != `"milk; and=honey true"` {
				t.Errorf("read back: %s", a.Body)
			}
			if hidden := !strings.Contains(b.Cookie(), "milk"); hidden != test.hidden {
				t.Errorf("%q hides its value: %v", b.Cookie(), hidden)
			}
			b.Cookies()["better-auth.crust"] = b.Cookies()[crumb]
			if a := b.Post("/read-other", cookieBody("", "")); (a.Body == `"milk; and=honey true"`) != test.moved {
				t.Errorf("under another name: %s", a.Body)
			}
			b.Cookies()[crumb] = "forged" + b.Cookies()[crumb]
			if a := b.Post("/read", cookieBody("", "")); strings.Contains(a.Body, "true") != test.forged {
				t.Errorf("forged: %s", a.Body)
			}
			b.Post("/delete", cookieBody("", ""))
			if _, has := b.Cookies()[crumb]; has {
				t.Error("the cookie is not deleted")
			}
		})
	}
}

func TestCookieReadsTheFirstOfItsOwn(t *testing.T) {
	b := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{}, cookieJar(kernia.CookieOptions{})))
	b.Post("/set", cookieBody("milk", ""))
	twins := crumb + "=forged.x; " + b.Cookie()
	if a := b.Post("/read", cookieBody("", ""), "Cookie", twins); a.Body != `"milk true"` {
		t.Errorf("beside a forged twin: %s", a.Body)
	}
}

func TestCookieFamilies(t *testing.T) {
	for _, form := range []kernia.CookieForm{kernia.CookieBound, kernia.CookieSealed} {
		b := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{}, cookieJar(kernia.CookieOptions{Form: form})))
		b.Post("/set", cookieBody("milk", "-one"))
		b.Post("/set", cookieBody("honey", "-two"))
		for suffix, want := range map[string]string{"-one": `"milk true"`, "-two": `"honey true"`, "": `" false"`} {
			if a := b.Post("/read", cookieBody("", suffix)); a.Body != want {
				t.Errorf("form %d, read %q: %s, want %s", form, suffix, a.Body, want)
			}
		}
		if a := b.Post("/suffixes", cookieBody("", "")); a.Body != `["-one","-two"]` {
			t.Errorf("form %d, suffixes: %s", form, a.Body)
		}
		b.Cookies()[crumb+"-two"] = b.Cookies()[crumb+"-one"]
		if a := b.Post("/read", cookieBody("", "-two")); a.Body != `" false"` {
			t.Errorf("form %d: one cookie of a family counts as another: %s", form, a.Body)
		}
		if a := b.Post("/set", cookieBody("x", "; Domain=evil")); len(a.Cookies) != 0 {
			t.Errorf("form %d: a suffix that is no name sets %q", form, a.Cookies)
		}
	}
}

func TestCookieChunks(t *testing.T) {
	long, longer := strings.Repeat("milk;", 2000), strings.Repeat("honey", 4000)
	b := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{}, cookieJar(kernia.CookieOptions{Form: kernia.CookieSealed, Chunked: true, MaxAge: time.Hour})))
	for _, value := range []string{"short", longer, long, "short", long} {
		a := b.Post("/set", cookieBody(value, ""))
		for _, line := range a.Cookies {
			if len(line) > 4096 {
				t.Errorf("a cookie of %d bytes", len(line))
			}
		}
		if a := b.Post("/read", cookieBody("", "")); a.Body != `"`+value+` true"` {
			t.Fatalf("%d bytes read back: %.60s with %d cookies", len(value), a.Body, len(b.Cookies()))
		}
		if n := len(b.Cookies()); value == "short" && n != 1 {
			t.Errorf("a short value leaves %d cookies", n)
		}
	}
	delete(b.Cookies(), crumb+".0")
	if a := b.Post("/read", cookieBody("", "")); a.Body != `" false"` {
		t.Errorf("without its first part: %.60s", a.Body)
	}
	b.Post("/set", cookieBody(long, ""))
	b.Post("/delete", cookieBody("", ""))
	if len(b.Cookies()) != 0 {
		t.Errorf("after it was deleted: %d cookies", len(b.Cookies()))
	}
}

// TestCookieChunksEscape: a value that grows by its escapes is split so that no cookie is longer than browsers keep, also
// one that would fit without them.
func TestCookieChunksEscape(t *testing.T) {
	b := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{}, cookieJar(kernia.CookieOptions{Chunked: true, MaxAge: time.Hour})))
	for _, value := range []string{strings.Repeat(";", 3500), strings.Repeat(";", 20_000), strings.Repeat("a", 3900) + strings.Repeat("%", 100)} {
		a := b.Post("/set", cookieBody(value, ""))
		for _, line := range a.Cookies {
			if len(line) > 4096 {
				t.Errorf("%d bytes make a cookie of %d", len(value), len(line))
			}
		}
		if a := b.Post("/read", cookieBody("", "")); a.Body != `"`+value+` true"` {
			t.Errorf("%d bytes read back: %.60s with %d cookies", len(value), a.Body, len(b.Cookies()))
		}
	}
}

// TestCookieIsWrittenOnce: of what one call does to a cookie the last counts.
func TestCookieIsWrittenOnce(t *testing.T) {
	twice := declared(func(d *kernia.Declaration) {
		k := d.Cookie("crumb", kernia.CookieOptions{Form: kernia.CookiePlain})
		kernia.Get(d, "/twice", func(_ context.Context, c *kernia.Call, _ kernia.None) (string, error) {
			k.Delete(c)
			if err := k.SetFor(c, "a", time.Minute); err != nil {
				return "", err
			}
			return "", k.Set(c, "b")
		})
	})
	a := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{}, twice)).Get("/twice")
	if len(a.Cookies) != 1 || !strings.HasPrefix(a.Cookies[0], crumb+"=b; Path=/") {
		t.Errorf("cookies = %q", a.Cookies)
	}
}

func TestCookieOptions(t *testing.T) {
	for _, test := range []struct {
		options kernia.CookieOptions
		base    string
		want    string
	}{
		{kernia.CookieOptions{}, "http://a.example", "better-auth.crumb=*; Path=/; HttpOnly; SameSite=Lax"},
		{kernia.CookieOptions{MaxAge: time.Minute, Script: true}, "https://a.example", "__Secure-better-auth.crumb=*; Max-Age=60; Path=/; Secure; SameSite=Lax"},
		{kernia.CookieOptions{Unsecure: true}, "https://a.example", "better-auth.crumb=*; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{kernia.CookieOptions{Whole: true}, "https://a.example", "crumb=*; Path=/; HttpOnly; Secure; SameSite=Lax"},
	} {
		b := kerniatest.NewBrowser(t, kerniatest.New(t, kernia.Config{BaseURL: test.base}, cookieJar(test.options)))
		a := b.Post("/set", cookieBody("x", ""))
		checkCookies(t, fmt.Sprintf("%+v", test.options), answer{Response: a.Response}, []string{test.want})
	}
}

func TestCookieDeclaration(t *testing.T) {
	for name, f := range map[string]declared{
		"one name twice": func(d *kernia.Declaration) {
			d.Cookie("crumb", kernia.CookieOptions{})
			d.Cookie("crumb", kernia.CookieOptions{})
		},
		"a name of ours": func(d *kernia.Declaration) { d.Cookie("session_token", kernia.CookieOptions{}) },
		"too old":        func(d *kernia.Declaration) { d.Cookie("crumb", kernia.CookieOptions{MaxAge: 401 * 24 * time.Hour}) },
		"no name at all": func(d *kernia.Declaration) { d.Cookie("a b", kernia.CookieOptions{}) },
	} {
		if _, err := kernia.New(config(), f); err == nil {
			t.Errorf("%s: New succeeds", name)
		}
	}
	cfg := config()
	cfg.Cookies.Names = map[string]string{"crumb": "bread"}
	var k *kernia.Cookie
	if _, err := kernia.New(cfg, cookieJar(kernia.CookieOptions{}, &k)); err != nil || k.Name() != "bread" {
		t.Errorf("renamed: %v, %q", err, k.Name())
	}
	cfg.Cookies.Names = map[string]string{"cake": "bread"}
	if _, err := kernia.New(cfg, cookieJar(kernia.CookieOptions{})); err == nil || !strings.Contains(err.Error(), "cake") {
		t.Errorf("New with a name for no cookie: %v", err)
	}
}
