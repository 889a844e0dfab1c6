package kernia_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// atOnce runs f in 64 goroutines and returns how many report true.
func atOnce(t *testing.T, f func() bool) int {
	t.Helper()
	var n atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 64 {
		wg.Go(func() {
			<-start
			if f() {
				n.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(n.Load())
}

// ann returns a new user with a password and a session.
func (s *server) ann() (kernia.User, string) {
	s.t.Helper()
	cookie := s.signUp("ann@example.com")
	u, err := s.auth.Users.FindByEmail(s.t.Context(), "ann@example.com")
	if err != nil || u == nil {
		s.t.Fatalf("no user: %v", err)
	}
	return *u, cookie
}

func TestVerifyOnce(t *testing.T) {
	s := serve(t, kernia.Config{})
	u, _ := s.ann()
	first := atOnce(t, func() bool {
		_, first, err := s.auth.Users.Verify(t.Context(), u)
		if err != nil {
			t.Error(err)
		}
		return first
	})
	if now, err := s.auth.Users.Find(t.Context(), u.ID); first != 1 || err != nil || !now.EmailVerified {
		t.Errorf("%d proofs at once were the first, and the user is %+v, %v", first, now, err)
	}
}

// TestE04_VerifiesNoOtherAddress: a proof of the old address proves nothing about a new one.
func TestE04_VerifiesNoOtherAddress(t *testing.T) {
	s := serve(t, kernia.Config{})
	u, _ := s.ann()
	if _, ok, err := s.auth.Users.ChangeEmail(t.Context(), u, "Eve@example.com", false); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, first, err := s.auth.Users.Verify(t.Context(), u); first || err != nil {
		t.Errorf("Verify of the old address = %v, %v", first, err)
	}
	if now, err := s.auth.Users.Find(t.Context(), u.ID); err != nil || now.EmailVerified || now.Email != "eve@example.com" {
		t.Errorf("the user is %+v, %v", now, err)
	}
}

// TestE04_ChangesCannotCross: of several changes from one address, one happens.
func TestE04_ChangesCannotCross(t *testing.T) {
	s := serve(t, kernia.Config{})
	u, _ := s.ann()
	var n atomic.Int32
	done := atOnce(t, func() bool {
		to := string(rune('a'+n.Add(1)%26)) + "@example.com"
		_, ok, err := s.auth.Users.ChangeEmail(t.Context(), u, to, true)
		if err != nil {
			t.Error(err)
		}
		return ok
	})
	if done != 1 {
		t.Errorf("%d changes at once happened, want 1", done)
	}
	s.signUp("bob@example.com")
	now, err := s.auth.Users.Find(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.auth.Users.ChangeEmail(t.Context(), *now, "bob@example.com", true); ok || !errors.Is(err, kernia.ErrUserExists) {
		t.Errorf("to a taken address = %v, %v", ok, err)
	}
	if _, ok, err := s.auth.Users.ChangeEmail(t.Context(), *now, "bob", true); ok || !errors.Is(err, kernia.ErrInvalidEmail) {
		t.Errorf("to what is no address = %v, %v", ok, err)
	}
}

// TestC14_Reclaim: who proves the mailbox of a user that nobody has verified gets it without what was set before.
func TestC14_Reclaim(t *testing.T) {
	s := serve(t, kernia.Config{})
	u, cookie := s.ann()
	if _, err := s.auth.Accounts.Create(t.Context(), kernia.Account{UserID: u.ID, ProviderID: "github", AccountID: "7"}); err != nil {
		t.Fatal(err)
	}
	now, err := s.auth.Users.Reclaim(t.Context(), u)
	if err != nil || !now.EmailVerified {
		t.Fatalf("Reclaim = %+v, %v", now, err)
	}
	if list, err := s.auth.Accounts.List(t.Context(), u.ID); len(list) > 0 || err != nil {
		t.Errorf("accounts are left: %v, %v", list, err)
	}
	if a := s.get("/get-session", "Cookie", cookie); string(a.Body) != "null" {
		t.Errorf("the session is left: %s", a.Body)
	}
	if a := s.post("/sign-in/email", `{"email":"ann@example.com","password":"password123"}`); a.Status != 401 {
		t.Errorf("the password still signs in: %d", a.Status)
	}
	// A verified user keeps what they have.
	if err := s.auth.Accounts.SetPassword(t.Context(), u.ID, "hash", false); err != nil {
		t.Fatal(err)
	}
	if _, err := s.auth.Users.Reclaim(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if list, err := s.auth.Accounts.List(t.Context(), u.ID); len(list) != 1 || err != nil {
		t.Errorf("a verified user has %v, %v", list, err)
	}
}

// TestReclaimAtOnce: of several proofs at once, one gets the account.
func TestReclaimAtOnce(t *testing.T) {
	s := serve(t, kernia.Config{})
	u, _ := s.ann()
	done := atOnce(t, func() bool {
		_, err := s.auth.Users.Reclaim(t.Context(), u)
		if err != nil && !errors.Is(err, kernia.ErrUnauthorized) {
			t.Error(err)
		}
		return err == nil
	})
	if done != 1 {
		t.Errorf("%d proofs at once got the account, want 1", done)
	}
}

// TestSetPassword: whoever sets a password, there is one, guesses are forgotten and sessions end.
func TestSetPassword(t *testing.T) {
	s := serve(t, kernia.Config{}, emailpassword.Feature{})
	u, cookie := s.ann()
	for range 11 {
		s.post("/sign-in/email", `{"email":"ann@example.com","password":"password124"}`)
	}
	in := `{"email":"ann@example.com","password":"password456"}`
	if a := s.post("/sign-in/email", in); a.Status != 429 {
		t.Fatalf("after many guesses: %d", a.Status)
	}
	hash, err := s.auth.Accounts.NewPassword(t.Context(), "password456")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.auth.Accounts.SetPassword(t.Context(), u.ID, hash, false); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/get-session", "Cookie", cookie); string(a.Body) != "null" {
		t.Errorf("the session is left: %s", a.Body)
	}
	if a := s.post("/sign-in/email", in); a.Status != 200 {
		t.Errorf("the new password does not sign in: %d %s", a.Status, a.Body)
	}
	set := atOnce(t, func() bool { return s.auth.Accounts.SetPassword(t.Context(), u.ID, hash, true) == nil })
	list, err := s.auth.Accounts.List(t.Context(), u.ID)
	if err != nil || len(list) != 1 || set == 0 {
		t.Errorf("after %d at once there are %d passwords, %v", set, len(list), err)
	}
}

// strict refuses a password.
type strict struct{ calls *int }

func (f strict) Declare(d *kernia.Declaration) {
	d.Name("strict")
	d.NewPassword(func(_ context.Context, password string) error {
		*f.calls++
		if password == "password" {
			return errBreached
		}
		return nil
	})
	d.Answers([]string{"*"}, errBreached)
}

var errBreached = &kernia.Error{Kind: kernia.Invalid, Code: "PASSWORD_COMPROMISED", Message: "The password is known to attackers"}

// TestF11_EveryNewPasswordIsChecked: no route that sets a password leaves out the steps of features.
func TestF11_EveryNewPasswordIsChecked(t *testing.T) {
	var calls int
	box := &memory.Mailer{}
	s := serve(t, kernia.Config{Mailer: box}, emailpassword.Feature{}, strict{&calls})
	up := `{"name":"Ann","email":"ann@example.com","password":"`
	check := func(name string, a answer, want int) {
		t.Helper()
		if (a.code() == errBreached.Code) != (want == 400) || a.Status != want || calls == 0 {
			t.Errorf("%s = %d %s after %d checks, want %d", name, a.Status, a.Body, calls, want)
		}
		calls = 0
	}
	check("sign-up", s.post("/sign-up/email", up+`password"}`), 400)
	a := s.post("/sign-up/email", up+`password123"}`)
	check("sign-up", a, 200)
	check("change", s.post("/change-password", `{"currentPassword":"password123","newPassword":"password"}`, "Cookie", a.cookie()), 400)
	s.post("/request-password-reset", `{"email":"ann@example.com"}`)
	m, err := box.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check("reset", s.post("/reset-password", `{"newPassword":"password","token":"`+m.Token+`"}`), 400)
	check("reset", s.post("/reset-password", `{"newPassword":"password456","token":"`+m.Token+`"}`), 200)
}
