package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

var errCaptcha = &kernia.Error{Kind: kernia.Denied, Code: "CAPTCHA", Message: "Prove that you are human"}

// named is a feature of a name.
type named struct {
	name    string
	declare func(d *kernia.Declaration)
}

func (n named) Declare(d *kernia.Declaration) { d.Name(n.name); n.declare(d) }

func TestBefore(t *testing.T) {
	var seen []string
	step := func(name string) named {
		return named{name, func(d *kernia.Declaration) {
			d.Before([]string{"/sign-in/*", "/*/email"}, func(_ context.Context, c *kernia.Call) error {
				email, _ := c.Input("email")
				seen = append(seen, fmt.Sprint(name, " ", c.Operation().Name(), " ", email))
				c.SetHeader("X-"+name, "ran")
				if email == "bot@example.com" {
					return errCaptcha
				}
				if email == "crash@example.com" {
					panic("oh")
				}
				return nil
			})
		}}
	}
	auth := kerniatest.New(t, config(), emailpassword.Feature{}, step("One"), step("Two"))
	b := kerniatest.NewBrowser(t, auth)
	ask := func(email string) kerniatest.Answer {
		return b.Post("/sign-in/email", `{"email":"`+email+`","password":"password123"}`)
	}
	if a := ask("ann@example.com"); a.Code() != "INVALID_EMAIL_OR_PASSWORD" || a.Value("X-One") != "ran" || a.Value("X-Two") != "ran" {
		t.Errorf("let through: %d %s %v", a.Status, a.Body, a.Header)
	}
	if a := ask("bot@example.com"); a.Status != 403 || a.Code() != "CAPTCHA" || a.Value("X-Two") != "" {
		t.Errorf("denied: %d %s %v", a.Status, a.Body, a.Header)
	}
	if a := ask("crash@example.com"); a.Status != 500 {
		t.Errorf("panicked: %d %s", a.Status, a.Body)
	}
	want := "One POST /sign-in/email ann@example.com,Two POST /sign-in/email ann@example.com,One POST /sign-in/email bot@example.com,One POST /sign-in/email crash@example.com"
	if got := strings.Join(seen, ","); got != want {
		t.Errorf("steps ran: %s", got)
	}
	b.Get("/get-session")
	b.Post("/sign-in/email", `{"email":5}`)
	if len(seen) != 4 {
		t.Errorf("a step ran for another operation or for wrong input: %s", seen)
	}
	_, err := emailpassword.SignIn(t.Context(), auth, emailpassword.SignInInput{Email: "bot@example.com", Password: "password123"})
	if !errors.Is(err, errCaptcha) {
		t.Errorf("without HTTP: %v", err)
	}
}

func TestAfter(t *testing.T) {
	var order []string
	note := named{"note", func(d *kernia.Declaration) {
		d.After([]string{"/ok"}, func(_ context.Context, c *kernia.Call, o *kernia.Outcome) error {
			order = append(order, "first given")
			c.SetHeader("X-Note", "seen")
			o.Value = map[string]any{"was": o.Value}
			return nil
		})
		d.After([]string{"/list-sessions"}, func(_ context.Context, _ *kernia.Call, o *kernia.Outcome) error {
			if errors.Is(o.Err, kernia.ErrUnauthorized) {
				o.Value, o.Err = []string{}, nil
			}
			return nil
		})
		d.After([]string{"/revoke-sessions"}, func(context.Context, *kernia.Call, *kernia.Outcome) error { return errCaptcha })
		d.After([]string{"/update-user"}, func(context.Context, *kernia.Call, *kernia.Outcome) error { panic("oh") })
	}}
	last := named{"last", func(d *kernia.Declaration) {
		d.After([]string{"/ok"}, func(context.Context, *kernia.Call, *kernia.Outcome) error {
			order = append(order, "last given")
			return nil
		})
	}}
	b := kerniatest.NewBrowser(t, kerniatest.New(t, config(), note, last))
	if a := b.Get("/ok"); a.Body != `{"was":{"ok":true}}` || a.Value("X-Note") != "seen" || strings.Join(order, ",") != "last given,first given" {
		t.Errorf("replaced: %s %v, order %s", a.Body, a.Header, order)
	}
	if a := b.Get("/list-sessions"); a.Status != 200 || a.Body != "[]" {
		t.Errorf("a failure made good: %d %s", a.Status, a.Body)
	}
	b.SignIn("ann@example.com")
	if a := b.Post("/revoke-sessions", "{}"); a.Code() != "CAPTCHA" {
		t.Errorf("denied after the fact: %d %s", a.Status, a.Body)
	}
	b.SignIn("ann@example.com")
	if a := b.Post("/update-user", `{"name":"B"}`); a.Status != 500 {
		t.Errorf("panicked: %d %s", a.Status, a.Body)
	}
}

func TestStepPatterns(t *testing.T) {
	f := declared(func(d *kernia.Declaration) { d.Before([]string{"/a[b"}, nil) })
	if _, err := kernia.New(config(), f); err == nil || !strings.Contains(err.Error(), "/a[b") {
		t.Errorf("New with a bad pattern = %v", err)
	}
}

func TestPatternOfEveryOperation(t *testing.T) {
	ran := map[string]bool{}
	f := declared(func(d *kernia.Declaration) {
		kernia.Get(d, "/a/b/:c", func(context.Context, *kernia.Call, kernia.None) (bool, error) { return true, nil })
		kernia.Func(d, "d/e", func(context.Context, *kernia.Call, kernia.None) (bool, error) { return true, nil })
		d.Before([]string{"*"}, func(_ context.Context, c *kernia.Call) error {
			ran[c.Operation().Name()] = true
			return errCaptcha
		})
		d.Answers([]string{"*"}, errCaptcha)
	})
	auth := kerniatest.New(t, config(), emailpassword.Feature{}, f)
	for _, o := range auth.Operations() {
		if !slices.Contains(o.Errors, errCaptcha) {
			t.Errorf("%s does not list the error", o.Name())
		}
	}
	for _, name := range []string{"GET /ok", "d/e"} {
		if _, err := kernia.InvokeJSON(t.Context(), auth, name, nil); !errors.Is(err, errCaptcha) || !ran[name] {
			t.Errorf("%s: no step ran before it: %v", name, err)
		}
	}
	if a := kerniatest.NewBrowser(t, auth).Get("/a/b/c"); a.Code() != "CAPTCHA" {
		t.Errorf("a path of three segments: %d %s", a.Status, a.Body)
	}
}
