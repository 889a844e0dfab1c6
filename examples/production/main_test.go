package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kernia-go/kernia/examples/internal/programtest"
)

// mailServer takes mail from one client after the other until the test ends, and returns its URL and what it took.
func mailServer(t *testing.T) (address string, mails chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	mails = make(chan string, 16)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			take(c, mails)
		}
	}()
	return "smtp://" + l.Addr().String() + "?tls=none", mails
}

// take speaks just enough SMTP to take a mail.
func take(c net.Conn, mails chan string) {
	defer c.Close()
	in := bufio.NewScanner(c)
	fmt.Fprint(c, "220 test\r\n")
	for in.Scan() {
		switch line := in.Text(); {
		case line == "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var text strings.Builder
			for in.Scan() && in.Text() != "." {
				text.WriteString(in.Text() + "\n")
			}
			mails <- text.String()
			fmt.Fprint(c, "250 taken\r\n")
		case line == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 test\r\n")
		}
	}
}

var link = regexp.MustCompile(`http://\S+/verify-email\?token=\S+`)

// linkIn returns the link in the next mail.
func linkIn(t *testing.T, mails chan string) string {
	t.Helper()
	select {
	case m := <-mails:
		text, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(m))) // headers and marks between the parts are none: as far as it goes
		return link.FindString(string(text))
	case <-time.After(time.Minute):
		t.Fatal("no mail came")
		return ""
	}
}

// TestProgram signs up, follows the mailed link and finds all of it in the audit trail.
func TestProgram(t *testing.T) {
	database, redis := programtest.Server(t, "KERNIA_TEST_POSTGRES_URL"), programtest.Server(t, "KERNIA_TEST_REDIS_URL")
	smtp, mails := mailServer(t)
	pool, schema := ownSchema(t, database)
	env := map[string]string{
		"SECRET": rand.Text() + rand.Text(), "DATABASE_URL": schema, "REDIS_URL": redis, "SMTP_URL": smtp,
		"MAIL_FROM": "Example <no-reply@example.com>", "APP_ORIGIN": "http://app.example.com",
	}
	get := func(name string) string { return env[name] }
	env["BASE_URL"] = "http://localhost/api/auth"
	if err := run(t.Context(), nil, get, true); err != nil {
		t.Fatal(err)
	}
	address := programtest.Start(t, func(ctx context.Context, l net.Listener) error {
		env["BASE_URL"] = "http://" + l.Addr().String() + "/api/auth"
		return run(ctx, l, get, false)
	})
	b := programtest.Open(t, address)
	for path, want := range map[string]int{"/ready": 200, "/live": 204, "/me": 401} {
		if status, _ := b.Ask(path, ""); status != want {
			t.Errorf("%s = %d, want %d", path, status, want)
		}
	}
	status, answer := b.Ask("/api/auth/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"correct horse battery"}`)
	if status != 200 || answer["token"] != nil {
		t.Fatalf("sign-up = %d %v", status, answer)
	}
	if status, _ := b.Ask("/api/auth/sign-in/email", `{"email":"ann@example.com","password":"correct horse battery"}`); status != 403 {
		t.Errorf("sign-in of an unverified user = %d, want 403", status)
	}
	mailed, err := url.Parse(linkIn(t, mails))
	if err != nil || mailed.Host != address {
		t.Fatalf("mailed %v, %v", mailed, err)
	}
	b.Ask(mailed.RequestURI(), "") // leads to a page that is not there, and signs in
	if status, user := b.Ask("/me", ""); status != 200 || user["emailVerified"] != true {
		t.Errorf("/me = %d %v", status, user)
	}
	var types string
	for range 200 { // recorded behind the answer
		if err := pool.QueryRow(t.Context(), `SELECT string_agg("type", ' ' ORDER BY "id") FROM "audit"`).Scan(&types); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(types, "session.created") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, want := range []string{"user.created", "email.verified", "session.created"} {
		if !strings.Contains(types, want) {
			t.Errorf("the audit trail has %q, not %s", types, want)
		}
	}
}

// ownSchema returns a pool on an empty schema of the database, and its URL.
func ownSchema(t *testing.T, database string) (*pgxpool.Pool, string) {
	t.Helper()
	name := "example_" + strings.ToLower(rand.Text())
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	pool, err := pgxpool.New(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `CREATE SCHEMA "`+name+`"`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = pool.Exec(context.Background(), `DROP SCHEMA "`+name+`" CASCADE`)
		pool.Close()
	})
	return pool, u.String()
}
