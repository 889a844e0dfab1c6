package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/kernia-go/kernia/examples/internal/programtest"
	"github.com/kernia-go/kernia/ports"
)

type heard chan ports.Event

func (h heard) Record(_ context.Context, e ports.Event) error { h <- e; return nil }

func TestProgram(t *testing.T) {
	events := make(heard, 16)
	address := programtest.Start(t, func(ctx context.Context, l net.Listener) error { return run(ctx, l, events) })
	b := programtest.Open(t, address)
	found := func(name, company string) (int, string) {
		status, answer := b.Ask("/companies", fmt.Sprintf(`{"name":"%s","email":"%s@example.com","password":"correct horse","company":"%s"}`, name, name, company))
		token, _ := answer["token"].(string)
		return status, token
	}
	status, token := found("ann", "Acme")
	if status != 200 || token == "" {
		t.Fatalf("founding = %d, token %q", status, token)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/company", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != 200 {
		t.Errorf("/company = %d", resp.StatusCode)
	}
	if status, _ := found("bob", "Acme"); status != 409 {
		t.Errorf("founding what is there = %d, want 409", status)
	}
	if status, _ := found("ann", "Other"); status != 422 {
		t.Errorf("founding as somebody who is there = %d, want 422", status)
	}

	// Of bob there is nothing: no user, no session, no event.
	db, err := sql.Open("sqlite", "file:own-tables.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"user", "session", "account", "company"} {
		var n int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+table+`"`).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d rows of %s, %v, want 1", n, table, err)
		}
	}
	if status, _ := found("bob", "Bolts"); status != 200 {
		t.Errorf("founding after the rollback = %d, want 200", status)
	}
	signUp := func(name, address string) (int, any) {
		status, answer := b.Ask("/api/auth/sign-up/email", fmt.Sprintf(`{"name":"%s","email":"%s@example.com","password":"correct horse"}`, name, address))
		return status, answer["code"]
	}
	if status, code := signUp("Ann", "ann2"); status != 422 || code != "NICK_IS_TAKEN" {
		t.Errorf("signing up under a nick that is taken = %d, %v", status, code)
	}
	var left int
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM "user" WHERE email = 'ann2@example.com'`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d users without a profile, %v", left, err)
	}
	if status, code := signUp("Cid", "cid"); status != 200 {
		t.Errorf("signing up = %d, %v", status, code)
	}
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM profile JOIN "user" ON "user".id = user_id WHERE nick = 'cid'`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d profiles came with the user, %v, want 1", left, err)
	}
	users, sessions := map[string]bool{}, 0
	for sessions < 3 { // events go out one after the other: those of cid come last
		select {
		case e := <-events:
			users[e.UserID] = true
			if e.Type == "session.created" {
				sessions++
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d sessions were told of, want 3", sessions)
		}
	}
	if len(users) != 3 {
		t.Errorf("events tell of %d users, want 3", len(users))
	}
}
