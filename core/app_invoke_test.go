package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
)

func TestInvokeJSON(t *testing.T) {
	type in struct {
		ID      string                  `json:"id" in:"path"`
		NoteTag kernia.Optional[string] `json:"noteTag" in:"query"`
	}
	f := declared(func(d *kernia.Declaration) {
		kernia.Get(d, "/note/:id", func(_ context.Context, _ *kernia.Call, i in) ([]string, error) {
			return []string{i.ID, i.NoteTag.Or("none")}, nil
		})
		kernia.Func(d, "note/sweep", func(context.Context, *kernia.Call, kernia.None) (*string, error) { return nil, nil })
	})
	cfg := config()
	cfg.BodyLimit = 200
	auth := kerniatest.New(t, cfg, emailpassword.Feature{}, f)
	ann := kerniatest.SignIn(t, auth, "ann@example.com")
	for _, test := range []struct {
		name, operation, body, want string
		err                         *kernia.Error
	}{
		{"parameters", "GET /note/:id", `{"id":"7","noteTag":"a"}`, `["7","a"]`, nil},
		{"the other spelling", "GET /note/:id", `{"id":"7","note_tag":"a"}`, `["7","a"]`, nil},
		{"a default", "GET /note/:id", `{"id":"7"}`, `["7","none"]`, nil},
		{"no route, no body, no answer", "note/sweep", "", "null", nil},
		{"a session", "POST /revoke-other-sessions", "", `{"status":true}`, nil},
		{"no JSON", "POST /sign-in/email", "{", "", kernia.ErrMalformed},
		{"wrong input", "POST /sign-in/email", `{"email":1,"password":"x"}`, "", &kernia.Error{
			Kind: kernia.Invalid, Code: "VALIDATION_ERROR", Message: "[body.email] Invalid input: expected string, received number"}},
		{"a long body", "POST /sign-in/email", `{"email":"` + strings.Repeat("x", 200) + `"}`, "", kernia.ErrBodyTooLarge},
		{"an error", "POST /sign-in/email", `{"email":"ann@example.com","password":"x"}`, "", emailpassword.ErrCredentials},
	} {
		got, err := kernia.InvokeJSON(kernia.As(t.Context(), ann.Session.Token), auth, test.operation, []byte(test.body))
		if string(got) != test.want || (test.err == nil) != (err == nil) || test.err != nil && !errors.Is(err, test.err) {
			t.Errorf("%s: %s, %v, want %s, %v", test.name, got, err, test.want, test.err)
		}
	}
	for _, name := range []string{"GET /note", "/note/:id", "", "POST /note/sweep"} {
		if _, err := kernia.InvokeJSON(t.Context(), auth, name, nil); !errors.Is(err, kernia.ErrUnknownOperation) {
			t.Errorf("InvokeJSON(%q) = %v", name, err)
		}
	}
}

func TestWithClient(t *testing.T) {
	cfg := config()
	cfg.RateLimit = kernia.RateLimitConfig{Enabled: true, Rules: []kernia.RateRule{{Path: "/sign-in/email", Max: 2, Window: time.Minute}}}
	cfg.DisabledPaths = []string{"/update-user"}
	auth := kerniatest.New(t, cfg, emailpassword.Feature{})
	out, err := emailpassword.SignUp(kernia.WithClient(t.Context(), kernia.Client{Address: "203.0.113.9:5", UserAgent: "tool/1"}), auth,
		emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "password123"})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := auth.Verify(t.Context(), *out.Token); err != nil || p.Session.IPAddress != "203.0.113.9" || p.Session.UserAgent != "tool/1" {
		t.Errorf("the session = %+v, %v", p, err)
	}
	signIn := func(ctx context.Context) error {
		_, err := emailpassword.SignIn(ctx, auth, emailpassword.SignInInput{Email: "ann@example.com", Password: "password123"})
		return err
	}
	one, two := kernia.WithClient(t.Context(), kernia.Client{Address: "203.0.113.9"}), kernia.WithClient(t.Context(), kernia.Client{Address: "203.0.113.8"})
	for i, want := range []error{nil, nil, kernia.ErrRateLimited} {
		if err := signIn(one); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("sign-in %d: %v, want %v", i, err, want)
		}
	}
	if err := signIn(two); err != nil {
		t.Errorf("of another client: %v", err)
	}
	for range 3 {
		if err := signIn(t.Context()); err != nil {
			t.Errorf("of no client: %v", err)
		}
	}
	disabled := func(ctx context.Context) error {
		_, err := kernia.InvokeJSON(kernia.As(ctx, *out.Token), auth, "POST /update-user", []byte(`{"name":"B"}`))
		return err
	}
	if err := disabled(one); !errors.Is(err, kernia.ErrDisabledPath) {
		t.Errorf("a disabled path for a client: %v", err)
	}
	if err := disabled(t.Context()); err != nil {
		t.Errorf("a disabled path for the program itself: %v", err)
	}
}
