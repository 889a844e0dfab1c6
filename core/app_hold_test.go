package kernia_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// TestHoldKeepsWhatInnerTransactionsHold: a transaction inside a Hold hands on what waits, unless it rolls back; Release
// runs it once, and does not run it for a caller who drops the Held.
func TestHoldKeepsWhatInnerTransactionsHold(t *testing.T) {
	events := &memory.Events{}
	auth := kerniatest.New(t, kernia.Config{Events: events})
	held, ctx := auth.Hold(t.Context())
	auth.Record(ctx, kernia.Event{Type: "first"})
	err := auth.Tx(ctx, func(ctx context.Context) error { auth.Record(ctx, kernia.Event{Type: "kept"}); return nil })
	if err != nil {
		t.Fatal(err)
	}
	auth.Record(ctx, kernia.Event{Type: "last"})
	failed := errors.New("no")
	if err := auth.Tx(ctx, func(ctx context.Context) error { auth.Record(ctx, kernia.Event{Type: "undone"}); return failed }); !errors.Is(err, failed) {
		t.Errorf("Tx = %v", err)
	}
	_, dropped := auth.Hold(t.Context())
	auth.Record(dropped, kernia.Event{Type: "dropped"})
	held.Release(ctx)
	held.Release(ctx)
	if err := auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := events.All(); len(all) != 3 || all[0].Type != "first" || all[1].Type != "kept" || all[2].Type != "last" {
		t.Errorf("events = %+v, want those that were kept, in their order", all)
	}
}

// TestReleaseLogsFailures: what cannot be done after the commit is logged, since nobody can be told.
func TestReleaseLogsFailures(t *testing.T) {
	var log bytes.Buffer
	kv := &hookedKV{}
	var codes *kernia.OneTime[string]
	s := serve(t, kernia.Config{KV: kv, Logger: slog.New(slog.NewTextHandler(&log, nil))}, declared(func(d *kernia.Declaration) {
		codes = kernia.OneTimeOf[string](d, "code", time.Minute)
	}))
	kv.LinkedKV = memory.NewKV(memory.KVOptions{Clock: s.clock})
	held, ctx := s.auth.Hold(t.Context())
	if err := codes.Put(ctx, "one", "1"); err != nil {
		t.Fatal(err)
	}
	if err := codes.Put(ctx, "two", "2"); err != nil {
		t.Fatal(err)
	}
	kv.beforePut = func() { kv.LinkedKV = refusing{kv.LinkedKV} }
	if _, ok, err := codes.Find(t.Context(), "one"); ok || err != nil {
		t.Errorf("before the commit: %v, %v", ok, err)
	}
	held.Release(t.Context())
	if n := strings.Count(log.String(), "not done after a commit"); n != 2 {
		t.Errorf("%d failures are logged, want 2: %s", n, &log)
	}
}

// refusing is a key-value store that takes nothing.
type refusing struct{ ports.LinkedKV }

func (refusing) Put(context.Context, string, ports.Entry) error { return errors.New("read only") }

// TestNothingChangesUnheld: in a transaction of the application's own, everything that changes something demands a Hold.
// Outside of one, nothing does.
func TestNothingChangesUnheld(t *testing.T) {
	s := serve(t, kernia.Config{Store: joinable{memory.New()}, SessionFields: []kernia.Extra{kernia.Field[*string]{Name: "theme"}}})
	s.signUp("ann@example.com")
	u, err := s.auth.Users.FindByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	account, err := s.auth.Accounts.Find(t.Context(), u.ID, kernia.CredentialProvider)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := s.auth.Sessions.Issue(t.Context(), *u, kernia.NewSession{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.auth.Verify(t.Context(), begun.Token)
	if err != nil {
		t.Fatal(err)
	}
	var scope kernia.Patch
	scope.Put("scope", ports.String("x"))
	var theme kernia.Patch
	theme.Put("theme", ports.String("dark"))
	var name kernia.Patch
	name.Name("B")
	unheld := context.WithValue(t.Context(), joinedKey{}, true)
	for what, change := range map[string]func() error{
		"Users.Create": func() error {
			_, err := s.auth.Users.Create(unheld, kernia.User{Email: "bob@example.com"})
			return err
		},
		"Users.Update": func() error { _, err := s.auth.Users.Update(unheld, u.ID, name); return err },
		"Users.Delete": func() error { _, err := s.auth.Users.Delete(unheld, u.ID); return err },
		"Accounts.Create": func() error {
			_, err := s.auth.Accounts.Create(unheld, kernia.Account{UserID: u.ID, ProviderID: "x", AccountID: "1"})
			return err
		},
		"Accounts.Update": func() error { _, err := s.auth.Accounts.Update(unheld, account.ID, scope); return err },
		"Accounts.Delete": func() error { _, err := s.auth.Accounts.Delete(unheld, *account); return err },
		"Accounts.ReplacePassword": func() error {
			_, err := s.auth.Accounts.ReplacePassword(unheld, account, "x")
			return err
		},
		"Sessions.Issue":        func() error { _, err := s.auth.Sessions.Issue(unheld, *u, kernia.NewSession{}); return err },
		"Sessions.Update":       func() error { _, err := s.auth.Sessions.Update(unheld, p, theme); return err },
		"Sessions.Revoke":       func() error { _, err := s.auth.Sessions.Revoke(unheld, begun.Token); return err },
		"Sessions.RevokeOthers": func() error { return s.auth.Sessions.RevokeOthers(unheld, p) },
		"Sessions.RevokeAll":    func() error { return s.auth.Sessions.RevokeAll(unheld, u.ID) },
		"Tx":                    func() error { return s.auth.Tx(unheld, func(context.Context) error { return nil }) },
		"InvokeJSON": func() error {
			_, err := kernia.InvokeJSON(kernia.As(unheld, begun.Token), s.auth, "POST /sign-out", nil)
			return err
		},
	} {
		if err := change(); err == nil {
			t.Errorf("%s works without a Hold", what)
		}
	}
	sessions, err := s.auth.Sessions.List(t.Context(), u.ID)
	if err != nil || len(sessions) != 2 {
		t.Errorf("sessions = %v, %v, want two", sessions, err)
	}
	if n, err := s.auth.Users.Count(t.Context(), kernia.UserQuery{}); n != 1 || err != nil {
		t.Errorf("%d users, %v", n, err)
	}
}
