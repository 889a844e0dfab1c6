package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
)

type app struct {
	db   *sql.DB
	auth *kernia.Auth
}

// create makes a user and the company they found, whose name is nobody else's, and returns the user's token.
func (a *app) create(ctx context.Context, in emailpassword.SignUpInput, company string) (token string, err error) {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }() // after the commit there is nothing to roll back
	held, joined := a.auth.Hold(kerniasqlite.Join(ctx, tx))
	out, err := emailpassword.SignUp(joined, a.auth, in)
	if err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO company (name, founder) VALUES (?, ?)`, company, out.User.ID); err != nil {
		return "", err
	}
	if err := tx.Commit(); err != nil {
		return "", err
	}
	held.Release(ctx) // what waited for the commit, the events, may now go out
	return *out.Token, nil
}

func (a *app) found(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name     string `json:"name"`
		Email    string `json:"email"`
		Password string `json:"password"`
		Company  string `json:"company"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	token, err := a.create(r.Context(), emailpassword.SignUpInput{Name: in.Name, Email: in.Email, Password: in.Password}, in.Company)
	if e, ok := errors.AsType[*kernia.Error](err); ok {
		http.Error(w, e.Message, e.Kind.Status())
		return
	}
	if err != nil { // a real application tells a taken name from a database that is down
		http.Error(w, "the company could not be founded", http.StatusConflict)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"token": token})
}

func (a *app) show(w http.ResponseWriter, r *http.Request) {
	var company, founder string
	err := a.db.QueryRowContext(r.Context(), `SELECT company.name, "user".name FROM company JOIN "user" ON "user".id = founder WHERE founder = ?`,
		kernia.SessionFrom(r.Context()).User.ID).Scan(&company, &founder)
	if err != nil {
		http.Error(w, "no company", http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"company": company, "founder": founder})
}
