package outbox_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtest"
	"github.com/kernia-go/kernia/ports/memory"
	"github.com/kernia-go/kernia/ports/outbox"
)

func open(t *testing.T, path string, o ...outbox.Options) *outbox.Mailer {
	t.Helper()
	box, err := outbox.Open(path, o...)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestMailer(t *testing.T) {
	mailtest.Run(t, mailtest.Options{
		Open: func(t *testing.T) mailtest.Box {
			path := filepath.Join(t.TempDir(), "outbox.jsonl")
			return mailtest.Box{Mailer: open(t, path), Delivered: func() ([]mailtest.Delivery, error) {
				lines, err := outbox.Read(path)
				var all []mailtest.Delivery
				for _, l := range lines {
					all = append(all, mailtest.Delivery{To: l.To, Header: "Subject: " + l.Subject, Text: l.URL + " " + l.Code + " " + l.NewEmail})
				}
				return all, err
			}}
		},
		Broken: func(t *testing.T) map[string]ports.Mailer {
			dir := filepath.Join(t.TempDir(), "gone")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			box := open(t, filepath.Join(dir, "outbox.jsonl"))
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			return map[string]ports.Mailer{"a folder that is gone": box}
		},
	})
}

func TestLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	box := open(t, path, outbox.Options{Clock: memory.NewClock(at)})
	if lines, err := outbox.Read(path); len(lines) > 0 || err != nil {
		t.Errorf("an empty outbox has %v, %v", lines, err)
	}
	const url = "https://example.com/verify?token=a&callbackURL=%2F"
	for _, m := range []ports.Mail{
		{Kind: ports.MailVerify, To: "ann@example.com", URL: url, Token: "a", Lifetime: time.Hour},
		{Kind: ports.MailCode, To: "bob@example.com", Code: "123456", Lifetime: time.Minute},
	} {
		if err := box.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var got []map[string]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var object map[string]string
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil || len(got) == 0 && !strings.Contains(lines.Text(), url) {
			t.Errorf("the line %s: %v, want JSON in which the link can be read", lines.Text(), err)
		}
		got = append(got, object)
	}
	want := []map[string]string{
		{"to": "ann@example.com", "kind": "verify-email", "subject": "Confirm your e-mail address", "url": url, "token": "a", "time": "2026-01-02T03:04:05Z"},
		{"to": "bob@example.com", "kind": "email-otp", "subject": "Your code", "code": "123456", "time": "2026-01-02T03:04:05Z"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the file has %v, want %v", got, want)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "outbox.jsonl")
	private := func(when string) {
		t.Helper()
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s the file is %v, %v, want mode 0600", when, info.Mode(), err)
		}
	}
	m := ports.Mail{Kind: ports.MailExisting, To: "ann@example.com"}
	box := open(t, path)
	private("after Open")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := box.Send(t.Context(), m); err != nil {
		t.Errorf("Send after the file was removed = %v", err)
	}
	private("after Send")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	private("after Open of a file that others could read")
	if lines, err := outbox.Read(path); len(lines) != 1 || err != nil {
		t.Errorf("Open left %d lines, %v, want the one that was there", len(lines), err)
	}

	if _, err := outbox.Open(filepath.Join(dir, "none", "outbox.jsonl")); !errors.Is(err, ports.ErrUnavailable) {
		t.Errorf("Open in a folder that is not there = %v, want ErrUnavailable", err)
	}
	if _, err := outbox.Open(""); err == nil {
		t.Error("Open without a path succeeds")
	}
	if lines, err := outbox.Read(filepath.Join(dir, "none")); len(lines) > 0 || err != nil {
		t.Errorf("Read of no file = %v, %v", lines, err)
	}
	if err := os.WriteFile(path, []byte("{}\nnone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Read(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("Read of what is no outbox = %v, want an error that names the line", err)
	}
	if err := box.Send(t.Context(), ports.Mail{Kind: ports.MailReset, To: "ann@example.com"}); !errors.Is(err, ports.ErrInvalid) {
		t.Errorf("Send without a link = %v, want ErrInvalid", err)
	}
}
