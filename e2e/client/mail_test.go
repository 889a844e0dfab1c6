package client_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An outbox is the file into which a server puts its mail.
type outbox struct {
	path string
	read int // lines that next has returned
}

func newOutbox(t *testing.T) *outbox {
	return &outbox{path: filepath.Join(t.TempDir(), "outbox.jsonl")}
}

// next waits for a mail that it has not returned yet: mail is sent behind the answer.
func (o *outbox) next(t *testing.T) any {
	t.Helper()
	ctx, cancel := within(t, time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if mails := o.all(t); len(mails) > o.read {
			o.read++
			return mails[o.read-1]
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no mail was sent")
	return nil
}

func (o *outbox) all(t *testing.T) (mails []map[string]any) {
	t.Helper()
	f, err := os.Open(o.path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m map[string]any
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return mails // half a line: the rest is on its way
		}
		mails = append(mails, m)
	}
	return mails
}

// byMail are the settings with which everything that can go through a mailbox does.
func (o *outbox) byMail() config {
	return config{
		"mail":              config{"outbox": o.path},
		"emailAndPassword":  config{"enabled": true, "requireEmailVerification": true},
		"emailVerification": config{"sendOnSignIn": true, "autoSignInAfterVerification": true},
		"plugins":           config{"magicLink": config{}, "emailOTP": config{"changeEmail": config{"enabled": true, "verifyCurrentEmail": true}}},
		"user": config{
			"changeEmail": config{"enabled": true, "sendChangeEmailConfirmation": true},
			"deleteUser":  config{"enabled": true, "sendDeleteAccountVerification": true},
		},
	}
}

// TestMail runs the flows that go through a mailbox: on every framework, and on every store with and without Redis.
func TestMail(t *testing.T) { //nolint:tparallel // as TestClient
	dir := stage(t, scripts)
	for i, framework := range frameworks {
		for j, on := range stores {
			if i != j && framework != "chi" && on.name != "sqlite" {
				continue // TestClient tries every pair
			}
			redis := (i+j)%2 == 1
			t.Run(strings.Join([]string{framework, on.name}, "/"), func(t *testing.T) {
				t.Parallel()
				box := newOutbox(t)
				more := box.byMail()
				if redis {
					more["redis"] = redisConfig(t)
				}
				s := start(t, framework, on, more)
				run(t, dir, "mail.mjs", map[string]any{"url": s.url, "origin": origin}, answers{"mail": func() any { return box.next(t) }})
			})
		}
	}
}
