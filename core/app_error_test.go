package kernia_test

import (
	"context"
	"errors"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

func TestErrorForms(t *testing.T) {
	locked := &kernia.Error{Kind: kernia.Denied, Code: "LOCKED", Message: "Locked"}
	grant := &kernia.Error{Kind: kernia.Invalid, Code: "invalid_grant", Message: "The code is used", Form: kernia.OAuthError}
	silent := &kernia.Error{Kind: kernia.Invalid, Code: "invalid_request", Form: kernia.OAuthError}
	for name, test := range map[string]struct {
		err    *kernia.Error
		body   string
		wait   string
		target error
	}{
		"plain":             {locked, `{"message":"Locked","code":"LOCKED"}`, "", locked},
		"a member":          {locked.With("until", 5), `{"message":"Locked","code":"LOCKED","until":5}`, "", locked},
		"two members":       {locked.With("until", "<b>").With("tries", []int{1}), `{"message":"Locked","code":"LOCKED","until":"<b>","tries":[1]}`, "", locked},
		"no code":           {kernia.ErrNoFields, `{"message":"No fields to update"}`, "", kernia.ErrNoFields},
		"a wait":            {locked.After(1500 * time.Millisecond), `{"message":"Locked","code":"LOCKED"}`, "2", locked},
		"a cause":           {locked.Because(errors.New("secret")), `{"message":"Locked","code":"LOCKED"}`, "", locked},
		"OAuth":             {grant, `{"error":"invalid_grant","error_description":"The code is used"}`, "", grant},
		"OAuth, no message": {silent, `{"error":"invalid_request"}`, "", silent},
		"OAuth, a member":   {grant.With("uri", "x"), `{"error":"invalid_grant","error_description":"The code is used","uri":"x"}`, "", grant},
	} {
		auth := kerniatest.New(t, config(), declared(func(d *kernia.Declaration) {
			kernia.Get(d, "/fail", func(context.Context, *kernia.Call, kernia.None) (kernia.Status, error) {
				return kernia.Status{}, test.err
			})
		}))
		a := kerniatest.NewBrowser(t, auth).Get("/fail")
		if a.Status != test.err.Kind.Status() || a.Body != test.body || a.Value("Retry-After") != test.wait {
			t.Errorf("%s: %d %s, Retry-After %q", name, a.Status, a.Body, a.Value("Retry-After"))
		}
		if _, err := kernia.InvokeJSON(t.Context(), auth, "GET /fail", nil); !errors.Is(err, test.target) {
			t.Errorf("%s: without HTTP %v", name, err)
		}
	}
	more := locked.With("a", 1)
	_ = more.With("b", 2)
	if again := more.With("c", 3); again.Is(locked) != true || errors.Is(again, kernia.ErrBusy) {
		t.Error("a copy matches another error")
	}
}

// TestSetHeader: lists grow, Set-Cookie lines stand beside each other, and of everything else the last counts.
func TestSetHeader(t *testing.T) {
	auth := kerniatest.New(t, config(), declared(func(d *kernia.Declaration) {
		kernia.Get(d, "/headers", func(_ context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
			c.SetHeader("Vary", "Accept, origin")
			c.SetHeader("vary", "X-A")
			c.SetHeader("Access-Control-Expose-Headers", "a")
			c.SetHeader("Access-Control-Expose-Headers", "b, A")
			c.SetHeader("Cache-Control", "max-age=5")
			c.SetHeader("X-One", "1")
			c.SetHeader("x-one", "2")
			c.SetHeader("Set-Cookie", "a=1")
			c.SetHeader("Set-Cookie", "b=2")
			return kernia.Status{}, nil
		})
	}))
	a := kerniatest.NewBrowser(t, auth).Get("/headers")
	for name, want := range map[string]string{
		"Vary": "Cookie, Authorization, Origin, Accept, X-A", "Access-Control-Expose-Headers": "a, b", "Cache-Control": "max-age=5",
		"Pragma": "", "X-One": "2", "X-Content-Type-Options": "nosniff",
	} {
		if got := a.Value(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(a.Cookies) != 2 || a.Cookies[0] != "a=1" || a.Cookies[1] != "b=2" {
		t.Errorf("cookies = %q", a.Cookies)
	}
	seen := map[string]bool{}
	for _, h := range a.Header {
		if seen[h.Name] {
			t.Errorf("two lines of %s", h.Name)
		}
		seen[h.Name] = true
	}
}
