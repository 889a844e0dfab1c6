package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// watching returns hooks that note what happens to accounts and sessions, and deny where deny says so.
func watching(seen *[]string, deny map[string]error) kernia.Hooks {
	note := func(name, id string) error {
		*seen = append(*seen, name+" "+id)
		return deny[name]
	}
	return kernia.Hooks{
		Account: kernia.AccountHooks{
			BeforeCreate: func(_ context.Context, a *kernia.Account) error {
				a.Scope = "hooked"
				return note("before create", a.AccountID)
			},
			AfterCreate: func(_ context.Context, a kernia.Account) error { return note("after create", a.AccountID) },
			BeforeUpdate: func(_ context.Context, _ string, p *kernia.Patch) error {
				return note("before update", fmt.Sprint(p.Len()))
			},
			AfterUpdate:  func(_ context.Context, a kernia.Account) error { return note("after update", a.AccountID) },
			BeforeDelete: func(_ context.Context, a kernia.Account) error { return note("before delete", a.AccountID) },
			AfterDelete:  func(_ context.Context, a kernia.Account) error { return note("after delete", a.AccountID) },
		},
		Session: kernia.SessionHooks{
			BeforeDelete: func(_ context.Context, s kernia.Session) error { return note("before end", s.UserAgent) },
			AfterDelete:  func(_ context.Context, s kernia.Session) error { return note("after end", s.UserAgent) },
		},
	}
}

func TestAccounts(t *testing.T) {
	var seen []string
	deny := map[string]error{}
	cfg := config()
	cfg.Hooks = watching(&seen, deny)
	auth := kerniatest.New(t, cfg)
	ctx, ann, bob := t.Context(), kerniatest.SignIn(t, auth, "ann@example.com").User, kerniatest.SignIn(t, auth, "bob@example.com").User
	made, err := auth.Accounts.Create(ctx, kernia.Account{UserID: ann.ID, ProviderID: "github", AccountID: "7", AccessToken: "t"})
	if err != nil || made.ID == "" || made.CreatedAt.IsZero() || made.UserID != ann.ID || made.Scope != "hooked" {
		t.Fatalf("Create = %+v, %v", made, err)
	}
	if _, err := auth.Accounts.Create(ctx, kernia.Account{UserID: bob.ID, ProviderID: "github", AccountID: "7"}); !errors.Is(err, kernia.ErrAccountExists) {
		t.Errorf("Create of a linked account = %v", err)
	}
	found, err := auth.Accounts.FindByProvider(ctx, "github", "7")
	if err != nil || found == nil || found.User.ID != ann.ID || found.Account.ID != made.ID || found.Account.AccessToken != "t" {
		t.Errorf("FindByProvider = %+v, %v", found, err)
	}
	for _, args := range [][2]string{{"github", "8"}, {"gitlab", "7"}, {"", ""}} {
		if found, err := auth.Accounts.FindByProvider(ctx, args[0], args[1]); found != nil || err != nil {
			t.Errorf("FindByProvider(%q) = %+v, %v", args, found, err)
		}
	}
	var change kernia.Patch
	change.Put("accessToken", ports.String("u"))
	changed, err := auth.Accounts.Update(ctx, made.ID, change)
	if err != nil || changed.AccessToken != "u" || changed.AccountID != "7" {
		t.Errorf("Update = %+v, %v", changed, err)
	}
	if _, err := auth.Accounts.Update(ctx, "nobody", change); !errors.Is(err, kernia.ErrAccountNotFound) {
		t.Errorf("Update of nothing = %v", err)
	}
	if _, err := auth.Accounts.Update(ctx, made.ID, kernia.Patch{}); !errors.Is(err, kernia.ErrNoFields) {
		t.Errorf("Update of no field = %v", err)
	}
	stolen := made
	stolen.UserID = bob.ID
	if gone, err := auth.Accounts.Delete(ctx, stolen); gone || err != nil {
		t.Errorf("Delete of another user's = %v, %v", gone, err)
	}
	for _, want := range []bool{true, false} {
		if gone, err := auth.Accounts.Delete(ctx, made); gone != want || err != nil {
			t.Errorf("Delete = %v, %v, want %v", gone, err, want)
		}
	}
	want := "before create 7,after create 7,before create 7,before update 1,after update 7,before update 1,before update 0,before delete 7,before delete 7,after delete 7,before delete 7"
	if got := strings.Join(seen, ","); got != want {
		t.Errorf("hooks saw\n%s, want\n%s", got, want)
	}
}

func TestAccountHooksDeny(t *testing.T) {
	var seen []string
	deny := map[string]error{}
	cfg := config()
	cfg.Hooks = watching(&seen, deny)
	auth := kerniatest.New(t, cfg)
	ctx, ann := t.Context(), kerniatest.SignIn(t, auth, "ann@example.com").User
	draft := kernia.Account{UserID: ann.ID, ProviderID: "github", AccountID: "7"}
	var change kernia.Patch
	change.Put("scope", ports.String("x"))
	deny["before create"] = errors.New("no")
	if _, err := auth.Accounts.Create(ctx, draft); !errors.Is(err, kernia.ErrCreateAccount) {
		t.Errorf("Create = %v", err)
	}
	delete(deny, "before create")
	made, err := auth.Accounts.Create(ctx, draft)
	if err != nil {
		t.Fatal(err)
	}
	deny["before update"], deny["before delete"] = errCaptcha, errors.New("no")
	if _, err := auth.Accounts.Update(ctx, made.ID, change); !errors.Is(err, errCaptcha) {
		t.Errorf("Update = %v", err)
	}
	if gone, err := auth.Accounts.Delete(ctx, made); gone || !errors.Is(err, kernia.ErrDeleteAccount) {
		t.Errorf("Delete = %v, %v", gone, err)
	}
	if found, err := auth.Accounts.Find(ctx, ann.ID, "github"); err != nil || found == nil || found.Scope != "hooked" {
		t.Errorf("after the denials: %+v, %v", found, err)
	}
}

func TestSessionHooksSeeTheEnd(t *testing.T) {
	var seen []string
	deny := map[string]error{}
	cfg := config()
	cfg.Hooks = watching(&seen, deny)
	auth := kerniatest.New(t, cfg)
	ctx, ann := t.Context(), kerniatest.SignIn(t, auth, "ann@example.com").User
	begin := func(agent string) kernia.Session {
		s, err := auth.Sessions.Issue(ctx, ann, kernia.NewSession{UserAgent: agent})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, two, three := begin("one"), begin("two"), begin("three")
	if gone, err := auth.Sessions.Revoke(ctx, one.Token); !gone || err != nil {
		t.Errorf("Revoke = %v, %v", gone, err)
	}
	p, err := auth.Verify(ctx, two.Token)
	if err == nil {
		err = auth.Sessions.RevokeOthers(ctx, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(seen, ","); !strings.HasPrefix(got, "before end one,after end one,") || !strings.Contains(got, "before end three") || strings.Contains(got, "end two") {
		t.Errorf("hooks saw %s", got)
	}
	if p, _ := auth.Verify(ctx, three.Token); p != nil {
		t.Error("another session is live")
	}
	deny["before end"] = errors.New("no")
	if _, err := auth.Sessions.Revoke(ctx, two.Token); !errors.Is(err, kernia.ErrDeleteSession) {
		t.Errorf("a denied Revoke = %v", err)
	}
	if p, _ := auth.Verify(ctx, two.Token); p == nil {
		t.Error("a denied Revoke ends the session")
	}
}

// TestReplacePasswordComparesTheOldOne: who read the account before somebody else changed the password changes nothing,
// no hook of an update that happened runs, and a hook stores nothing beside the password.
func TestReplacePasswordComparesTheOldOne(t *testing.T) {
	var after []string
	meddle := false
	cfg := kernia.Config{Hooks: kernia.Hooks{Account: kernia.AccountHooks{
		BeforeUpdate: func(_ context.Context, _ string, p *kernia.Patch) error {
			if meddle {
				p.Put("scope", ports.String("admin"))
			}
			return nil
		},
		AfterUpdate: func(_ context.Context, a kernia.Account) error { after = append(after, a.Password); return nil },
	}}}
	s := serve(t, cfg)
	s.signUp("ann@example.com")
	read := func() *kernia.Account {
		t.Helper()
		found, err := s.auth.Accounts.FindCredential(t.Context(), "ann@example.com")
		if err != nil || found == nil {
			t.Fatal(found, err)
		}
		return &found.Account
	}
	stale := read()
	if ok, err := s.auth.Accounts.ReplacePassword(t.Context(), read(), "first"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := s.auth.Accounts.ReplacePassword(t.Context(), stale, "second"); ok || err != nil {
		t.Errorf("with an account read before: %v, %v", ok, err)
	}
	meddle = true
	if ok, err := s.auth.Accounts.ReplacePassword(t.Context(), read(), "third"); ok || !errors.Is(err, kernia.ErrUpdateAccount) {
		t.Errorf("with a hook that sets another field: %v, %v", ok, err)
	}
	if got := read(); got.Password != "first" || got.Scope != "" || strings.Join(after, ",") != "first" {
		t.Errorf("password %q, scope %q, hooks saw %q", got.Password, got.Scope, after)
	}
}

// TestEveryChangeIsRecorded: the audit trail names what happened and whom it concerns.
func TestEveryChangeIsRecorded(t *testing.T) {
	sink := &memory.Events{}
	auth := kerniatest.New(t, kernia.Config{Events: sink})
	ctx := t.Context()
	u := kerniatest.SignIn(t, auth, "ann@example.com").User
	var scope, name kernia.Patch
	scope.Put("scope", ports.String("x"))
	account, err := auth.Accounts.Create(ctx, kernia.Account{UserID: u.ID, ProviderID: "github", AccountID: "7"})
	if err == nil {
		_, err = auth.Accounts.Update(ctx, account.ID, scope)
	}
	if err == nil {
		_, err = auth.Accounts.Delete(ctx, account)
	}
	if err == nil {
		_, err = auth.Users.Update(ctx, u.ID, *name.Name("B"))
	}
	if err == nil {
		err = auth.Sessions.RevokeAll(ctx, u.ID)
	}
	if err == nil {
		_, err = auth.Users.Delete(ctx, u.ID)
	}
	if err == nil {
		err = auth.Close(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range sink.All() {
		types = append(types, e.Type)
		if e.UserID != u.ID {
			t.Errorf("%s is of user %q, want %q", e.Type, e.UserID, u.ID)
		}
		if e.Type == "session.created" && e.SessionID == "" {
			t.Error("session.created names no session")
		}
	}
	want := "user.created session.created account.created account.updated account.deleted user.updated session.revoked user.deleted"
	if got := strings.Join(types, " "); got != want {
		t.Errorf("events\n%s, want\n%s", got, want)
	}
}

// TestD07_NoHookChoosesTheToken: what a hook writes into a new session's token or user does not count.
func TestD07_NoHookChoosesTheToken(t *testing.T) {
	cfg := kernia.Config{Hooks: kernia.Hooks{Session: kernia.SessionHooks{
		BeforeCreate: func(_ context.Context, s *kernia.Session) error {
			s.Token, s.UserID = strings.Repeat("a", 32), "somebody"
			return nil
		},
	}}}
	auth := kerniatest.New(t, cfg)
	ann := kerniatest.SignIn(t, auth, "ann@example.com")
	if ann.Session.Token == strings.Repeat("a", 32) || ann.Session.UserID != ann.User.ID {
		t.Errorf("the session = %q of %q", ann.Session.Token, ann.Session.UserID)
	}
	p, err := auth.Verify(t.Context(), ann.Session.Token)
	if err != nil || p == nil || p.User.ID != ann.User.ID {
		t.Fatalf("Verify = %+v, %v", p, err)
	}
}
