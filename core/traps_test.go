package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
)

// TestTrap_HooksCalledTwice: the second call adds to the first.
func TestTrap_HooksCalledTwice(t *testing.T) {
	var seen []string
	note := func(name string) kernia.Hooks {
		return kernia.Hooks{User: kernia.UserHooks{BeforeCreate: func(context.Context, *kernia.User) error { seen = append(seen, name); return nil }}}
	}
	auth := kerniatest.New(t, config(), declared(func(d *kernia.Declaration) {
		d.Hooks(note("one"))
		d.Hooks(note("two"))
	}))
	kerniatest.SignIn(t, auth, "ann@example.com")
	if got := strings.Join(seen, " "); got != "one two" {
		t.Errorf("hooks that ran: %q", got)
	}
}

// TestTrap_NameAfterOperations: whatever is declared before Name belongs to the feature of that name.
func TestTrap_NameAfterOperations(t *testing.T) {
	var sealed, late *kernia.Sealer
	ok := func(context.Context, *kernia.Call, kernia.None) (kernia.Status, error) { return kernia.Status{}, nil }
	auth := kerniatest.New(t, config(), declared(func(d *kernia.Declaration) {
		sealed = d.Sealer("token")
		d.Authenticate("X-Key", func(context.Context, *kernia.Call, string) (kernia.Presented, error) {
			return kernia.Presented{Principal: &kernia.Principal{}}, nil
		})
		kernia.Get(d, "/late", ok)
		d.Name("late")
		late = d.Sealer("token")
	}))
	for _, o := range auth.Operations() {
		if o.Path == "/late" && o.Feature != "late" {
			t.Errorf("the operation belongs to %q", o.Feature)
		}
	}
	text, err := sealed.Seal("x")
	if got, ok := late.Open(text); err != nil || !ok || got != "x" {
		t.Errorf("a sealer from before Name has another key: %q, %v, %v", got, ok, err)
	}
	p, err := auth.Authenticate(t.Context(), kernia.Credentials{Header: kernia.Header{"X-Key": {"x"}}})
	if err != nil || p.By != "late" {
		t.Errorf("a credential from before Name is by %+v, %v", p, err)
	}
}

// handles is a feature that keeps its handles in itself.
type handles struct {
	values   *kernia.OneTime[string]
	throttle *kernia.Throttle
	cookie   *kernia.Cookie
	sealer   *kernia.Sealer
	during   func(h *handles)
}

func (h *handles) Declare(d *kernia.Declaration) {
	h.values, h.throttle = kernia.OneTimeOf[string](d, "trap", time.Minute), d.Throttle("trap", 1, time.Minute)
	h.cookie, h.sealer = d.Cookie("trap", kernia.CookieOptions{}), d.Sealer("trap")
	if h.during != nil {
		h.during(h)
	}
	kernia.Get(d, "/values", func(ctx context.Context, _ *kernia.Call, _ kernia.None) (string, error) {
		return h.values.Issue(ctx, "x")
	})
	kernia.Get(d, "/throttle", func(ctx context.Context, _ *kernia.Call, _ kernia.None) (kernia.Status, error) {
		return kernia.Status{}, h.throttle.Attempt(ctx, "x")
	})
	kernia.Get(d, "/cookie", func(_ context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		return kernia.Status{}, h.cookie.Set(c, "x")
	})
}

// TestTrap_HandleUsedBeforeNewReturned: it is an error that says so, never a panic and never a wrong answer.
func TestTrap_HandleUsedBeforeNewReturned(t *testing.T) {
	ctx, errs := t.Context(), map[string]error{}
	kerniatest.New(t, config(), &handles{during: func(h *handles) {
		_, errs["Issue"] = h.values.Issue(ctx, "x")
		_, _, errs["Find"] = h.values.Find(ctx, "x")
		_, _, errs["Take"] = h.values.Take(ctx, "x")
		errs["Delete"] = h.values.Delete(ctx, "x")
		errs["Attempt"] = h.throttle.Attempt(ctx, "x")
		errs["Reset"] = h.throttle.Reset(ctx, "x")
		_, errs["Seal"] = h.sealer.Seal("x")
		if text, ok := h.sealer.Open("x"); ok || text != "" {
			t.Errorf("Open = %q, %v", text, ok)
		}
		if h.cookie.Name() != "" {
			t.Errorf("a cookie is called %q", h.cookie.Name())
		}
	}})
	for name, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "before New") {
			t.Errorf("%s = %v", name, err)
		}
	}
}

// TestTrap_OneFeatureInTwoAuths: its handles belong to the second, and the first refuses them.
func TestTrap_OneFeatureInTwoAuths(t *testing.T) {
	h := &handles{}
	first, second := kerniatest.New(t, config(), h), kerniatest.New(t, config(), h)
	for _, path := range []string{"/values", "/throttle", "/cookie"} {
		if a := kerniatest.NewBrowser(t, first).Get(path); a.Status != 500 || len(a.Cookies) > 0 {
			t.Errorf("%s of the first Auth: %d %s %q", path, a.Status, a.Body, a.Cookies)
		}
		if a := kerniatest.NewBrowser(t, second).Get(path); a.Status != 200 {
			t.Errorf("%s of the second Auth: %d %s", path, a.Status, a.Body)
		}
	}
}

// TestTrap_FeatureGivenTwice: New names it.
func TestTrap_FeatureGivenTwice(t *testing.T) {
	empty := named{"mail", func(*kernia.Declaration) {}}
	if _, err := kernia.New(config(), empty, empty); err == nil || !strings.Contains(err.Error(), "mail") {
		t.Errorf("New = %v", err)
	}
}

// TestTrap_DeclarationsThatCannotWork: New fails, and its error names the feature.
func TestTrap_DeclarationsThatCannotWork(t *testing.T) {
	for name, f := range map[string]func(d *kernia.Declaration){
		"a setting":            func(d *kernia.Declaration) { d.Fail(errors.New("Max is missing")) },
		"a feature that lacks": func(d *kernia.Declaration) { d.Requires("postal") },
		"one purpose twice": func(d *kernia.Declaration) {
			kernia.OneTimeOf[int](d, "a", time.Hour)
			kernia.OneTimeOf[int](d, "a", time.Hour)
		},
		"no purpose":            func(d *kernia.Declaration) { kernia.OneTimeOf[int](d, "", time.Hour) },
		"a purpose in parts":    func(d *kernia.Declaration) { kernia.OneTimeOf[int](d, "a:b", time.Hour) },
		"values without a life": func(d *kernia.Declaration) { kernia.OneTimeOf[int](d, "a", 0) },
		"a route of the core": func(d *kernia.Declaration) {
			kernia.Get(d, "/ok", func(context.Context, *kernia.Call, kernia.None) (int, error) { return 0, nil })
		},
	} {
		if _, err := kernia.New(config(), named{"mail", f}); err == nil || !strings.Contains(err.Error(), "mail") {
			t.Errorf("%s: New = %v", name, err)
		}
	}
}
