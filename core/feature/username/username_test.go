package username_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/username"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

const password = "password123"

func open(t testing.TB, f username.Feature) *kernia.Auth {
	return openWith(t, kernia.Config{}, f)
}

func openWith(t testing.TB, cfg kernia.Config, f username.Feature) *kernia.Auth {
	t.Helper()
	return kerniatest.New(t, cfg, emailpassword.Feature{}, f)
}

// join signs somebody up with fields and values by turns.
func join(t testing.TB, auth *kernia.Auth, email string, fields ...any) (kernia.User, error) {
	t.Helper()
	given := map[string]any{}
	for i := 0; i < len(fields); i += 2 {
		given[fields[i].(string)] = fields[i+1]
	}
	m, err := kernia.FieldValuesOf(given)
	if err != nil {
		t.Fatal(err)
	}
	out, err := emailpassword.SignUp(t.Context(), auth, emailpassword.SignUpInput{Name: "Ann", Email: email, Password: password, Fields: m})
	return out.User, err
}

func mustJoin(t testing.TB, auth *kernia.Auth, email string, fields ...any) kernia.User {
	t.Helper()
	u, err := join(t, auth, email, fields...)
	if err != nil {
		t.Fatalf("SignUp with %v = %v", fields, err)
	}
	return u
}

func text(p *string) string {
	if p == nil {
		return "null"
	}
	return *p
}

// namesOf returns both names of a user, as "ann Ann".
func namesOf(u *kernia.User) string {
	return text(username.Name.Of(u)) + " " + text(username.DisplayName.Of(u))
}

func TestSignUp(t *testing.T) {
	shout := username.Feature{
		Validate: func(name string) bool { return name != "root" }, Normalize: strings.ToUpper,
		ValidateDisplay: func(name string) bool { return name != "rude" }, NormalizeDisplay: strings.TrimSpace,
	}
	after := shout
	after.NormalFirst, after.NormalDisplayFirst = true, true
	for _, test := range []struct {
		feature username.Feature
		fields  []any
		want    string
		err     error
	}{
		{username.Feature{}, nil, "null null", nil},
		{username.Feature{}, []any{"username", "Ann_1.x"}, "ann_1.x Ann_1.x", nil},
		{username.Feature{}, []any{"username", "Ann", "displayUsername", "The Ann"}, "ann The Ann", nil},
		{username.Feature{}, []any{"username", "Ann", "displayUsername", ""}, "ann Ann", nil},
		{username.Feature{}, []any{"displayUsername", "Cat.Lady"}, "cat.lady Cat.Lady", nil},
		{username.Feature{}, []any{"displayUsername", "The Cat"}, "null The Cat", nil},
		{username.Feature{}, []any{"username", nil}, "null null", nil},
		{username.Feature{}, []any{"username", ""}, "", username.ErrTooShort},
		{username.Feature{}, []any{"username", "an"}, "", username.ErrTooShort},
		{username.Feature{}, []any{"username", strings.Repeat("a", 30)}, strings.Repeat("a", 30) + " " + strings.Repeat("a", 30), nil},
		{username.Feature{}, []any{"username", strings.Repeat("a", 31)}, "", username.ErrTooLong},
		{username.Feature{}, []any{"username", "ann smith"}, "", username.ErrInvalid},
		{username.Feature{}, []any{"username", 7}, "", kernia.ErrValidation},
		{username.Feature{}, []any{"displayUsername", []string{"ann"}}, "", kernia.ErrValidation},
		{username.Feature{MinLength: 1, MaxLength: 2}, []any{"username", "a"}, "a a", nil},
		{username.Feature{MinLength: 1, MaxLength: 2}, []any{"username", "ann"}, "", username.ErrTooLong},
		{username.Feature{KeepCase: true}, []any{"username", "Ann"}, "Ann Ann", nil},
		{username.Feature{NoDisplayName: true}, []any{"username", "Ann", "displayUsername", "x"}, "ann null", nil},
		{shout, []any{"username", "Ann Ü"}, "ANN Ü Ann Ü", nil},
		{shout, []any{"username", "root"}, "", username.ErrInvalid},
		{shout, []any{"username", "ROOT", "displayUsername", " x "}, "ROOT x", nil},
		{shout, []any{"username", "ann", "displayUsername", "rude"}, "", username.ErrDisplayName},
		{shout, []any{"username", "ann", "displayUsername", " rude"}, "ANN rude", nil},
		{after, []any{"username", "ann", "displayUsername", " rude"}, "", username.ErrDisplayName},
		{after, []any{"username", "root"}, "ROOT root", nil},
	} {
		u, err := join(t, open(t, test.feature), "ann@example.com", test.fields...)
		wrong, _ := errors.AsType[*kernia.Error](err)
		switch {
		case test.err == nil && (err != nil || namesOf(&u) != test.want):
			t.Errorf("SignUp with %v = %q, %v, want %q", test.fields, namesOf(&u), err, test.want)
		case test.err != nil && (wrong == nil || wrong.Code != test.err.(*kernia.Error).Code || wrong.Kind != kernia.Invalid):
			t.Errorf("SignUp with %v = %v, want %v", test.fields, err, test.err)
		}
	}
}

func TestSignIn(t *testing.T) {
	auth := open(t, username.Feature{})
	ann := mustJoin(t, auth, "ann@example.com", "username", "Ann_1")
	nobody := auth.Users.New(t.Context())
	name := "without"
	nobody.Email = "without@example.com"
	username.Name.Set(&nobody, &name)
	if _, err := auth.Users.Create(t.Context(), nobody); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, password string
		want           *kernia.Error
	}{
		{"ann_1", password, nil},
		{"ANN_1", password, nil},
		{"ann_1", "wrong-password", username.ErrCredentials},
		{"ann_2", password, username.ErrCredentials},
		{"without", password, username.ErrCredentials},
		{"", password, username.ErrCredentials},
		{"ann_1", "", username.ErrCredentials},
		{"an", password, username.ErrTooShort.WithKind(kernia.Unprocessable)},
		{strings.Repeat("a", 31), password, username.ErrTooLong.WithKind(kernia.Unprocessable)},
		{"ann@example.com", password, username.ErrInvalid.WithKind(kernia.Unprocessable)},
		{"ann_1", strings.Repeat("p", 129), kernia.ErrPasswordTooLong},
	} {
		out, err := username.SignIn(t.Context(), auth, username.SignInInput{Username: test.name, Password: test.password})
		if test.want == nil {
			if p, failed := auth.Verify(t.Context(), out.Token); err != nil || failed != nil || p == nil || p.User.ID != ann.ID {
				t.Errorf("SignIn(%q) = %+v, %v, %v", test.name, out, err, failed)
			}
			continue
		}
		if got, _ := errors.AsType[*kernia.Error](err); got == nil || got.Kind != test.want.Kind || got.Code != test.want.Code || out.Token != "" {
			t.Errorf("SignIn(%q, %q) = %v, want %v", test.name, test.password, err, test.want)
		}
	}
}

func TestSignInRemembersAndRedirects(t *testing.T) {
	auth := open(t, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "ann")
	b := kerniatest.NewBrowser(t, auth)
	in := func(more string) kerniatest.Answer {
		return b.Post("/sign-in/username", `{"username":"ann","password":"`+password+`"`+more+`}`)
	}
	if a := in(`,"callbackURL":"/home"`); a.Status != 200 || a.Value("Location") != "/home" || a.Text("url") != "/home" {
		t.Errorf("with a callback = %d %s", a.Status, a.Body)
	}
	if a := in(`,"callback_url":"https://evil.example"`); a.Status != 403 || a.Code() != "INVALID_CALLBACK_URL" {
		t.Errorf("with a foreign callback = %d %s", a.Status, a.Body)
	}
	if a := in(`,"rememberMe":false`); a.Status != 200 || !strings.Contains(strings.Join(a.Cookies, "\n"), "dont_remember") {
		t.Errorf("not to be remembered = %d %v", a.Status, a.Cookies)
	}
	if a := b.Post("/sign-in/username", `{"username":["ann"],"password":"`+password+`"}`); a.Status != 400 {
		t.Errorf("with a list for a name = %d %s", a.Status, a.Body)
	}
}

// An interrupting feature, such as one that wants a verified address, has its say.
func TestSignInCanBeInterrupted(t *testing.T) {
	denial := &kernia.Error{Kind: kernia.Denied, Code: "EMAIL_NOT_VERIFIED", Message: "Email not verified"}
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{}, username.Feature{}, doorman{denial})
	mustJoin(t, auth, "ann@example.com", "username", "ann")
	if _, err := username.SignIn(t.Context(), auth, username.SignInInput{Username: "ann", Password: password}); !errors.Is(err, denial) {
		t.Errorf("SignIn = %v, want %v", err, denial)
	}
}

type doorman struct{ denial *kernia.Error }

func (m doorman) Declare(d *kernia.Declaration) {
	d.Name("doorman")
	d.Interrupt(func(_ context.Context, _ *kernia.Call, at kernia.Attempt) error {
		if at.Method == "username" && at.Account != nil {
			return m.denial
		}
		return nil
	})
}

func TestAvailable(t *testing.T) {
	auth := open(t, username.Feature{})
	mustJoin(t, auth, "ann@example.com", "username", "ann")
	for name, want := range map[string]struct {
		free bool
		err  *kernia.Error
	}{
		"ann": {}, "ANN": {}, "bob": {free: true}, "": {err: username.ErrInvalid}, "b o b": {err: username.ErrInvalid},
		"bo": {err: username.ErrTooShort}, strings.Repeat("b", 31): {err: username.ErrTooLong},
	} {
		free, err := username.Available(t.Context(), auth, name)
		got, _ := errors.AsType[*kernia.Error](err)
		if free != want.free || (want.err == nil) != (err == nil) || want.err != nil && (got == nil || got.Code != want.err.Code || got.Kind != kernia.Unprocessable) {
			t.Errorf("Available(%q) = %v, %v, want %+v", name, free, err, want)
		}
	}
}

func TestUpdate(t *testing.T) {
	for _, immutable := range []bool{false, true} {
		auth := open(t, username.Feature{Immutable: immutable})
		b := kerniatest.NewBrowser(t, auth)
		mustJoin(t, auth, "bob@example.com", "username", "bob")
		b.SignIn("ann@example.com") // has no name yet
		for _, test := range []struct {
			body, code, want string
		}{
			{`{"username":"B0B","displayUsername":"x"}`, "", "b0b x"},
			{`{"username":"b0b"}`, "", "b0b x"},
			{`{"display_username":"The Bob"}`, "", "b0b The Bob"},
			{`{"username":"Ann"}`, "USERNAME_IS_IMMUTABLE", "ann The Bob"},
			{`{"username":"bOb"}`, "USERNAME_IS_IMMUTABLE", "ann The Bob"},
			{`{"username":"an"}`, "USERNAME_IS_IMMUTABLE", "ann The Bob"},
			{`{"username":null}`, "USERNAME_IS_IMMUTABLE", "null The Bob"},
			{`{"username":7}`, "VALIDATION_ERROR", "null The Bob"},
		} {
			a := b.Post("/update-user", test.body)
			ann := b.SignIn("ann@example.com").User
			got := namesOf(&ann)
			switch {
			case immutable && test.code != "" && (a.Status != 400 || a.Code() != "USERNAME_IS_IMMUTABLE" || got != "b0b The Bob"):
				t.Errorf("immutable, %s = %d %s, %q", test.body, a.Status, a.Body, got)
			case immutable && test.code == "" && (a.Status != 200 || got != test.want), !immutable && got != test.want:
				t.Errorf("immutable %v, %s = %d %s, %q, want %q", immutable, test.body, a.Status, a.Body, got, test.want)
			}
		}
		if a := kerniatest.NewBrowser(t, auth).Post("/update-user", `{"username":"carl"}`); a.Status != 401 {
			t.Errorf("without a session = %d %s", a.Status, a.Body)
		}
	}
}

// The program itself can change a name that its user cannot.
func TestImmutableForUsersAlone(t *testing.T) {
	auth := open(t, username.Feature{Immutable: true})
	u := mustJoin(t, auth, "ann@example.com", "username", "ann")
	var change kernia.Patch
	name := "Eve"
	username.Name.Set(&change, &name)
	if changed, err := auth.Users.Update(t.Context(), u.ID, change); err != nil || namesOf(&changed) != "eve ann" {
		t.Errorf("Update = %q, %v", namesOf(&changed), err)
	}
}

func TestLengths(t *testing.T) {
	for _, f := range []username.Feature{{MinLength: -1}, {MinLength: 31}, {MinLength: 9, MaxLength: 8}, {MaxLength: 256}} {
		if _, err := kernia.New(kernia.Config{BaseURL: kerniatest.BaseURL, Secret: kerniatest.Secret, Store: memory.New()}, f); err == nil {
			t.Errorf("New takes %+v", f)
		}
	}
}
