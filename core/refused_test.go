package kernia_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A choosyStore refuses some values, as a database with rules of its own does.
type choosyStore struct {
	ports.Store
	field string
}

func (s choosyStore) Create(ctx context.Context, m *ports.Model, r ports.Record) (ports.Record, error) {
	if i := m.Field("bio"); i > 0 && r[i].AsString() == "refused" {
		return nil, fmt.Errorf("store: %w: SQLSTATE 23514", &ports.RefusedError{Model: m.Name, Field: s.field})
	}
	return s.Store.Create(ctx, m, r)
}

func TestAValueThatTheDatabaseRefusesIsTheCallersMistake(t *testing.T) {
	for field, want := range map[string]string{
		"bio": `{"message":"A value is not accepted","code":"VALUE_NOT_ACCEPTED","field":"bio"}`,
		"":    `{"message":"A value is not accepted","code":"VALUE_NOT_ACCEPTED"}`,
	} {
		var log strings.Builder
		s := serve(t, kernia.Config{
			Store:      choosyStore{memory.New(), field},
			UserFields: []kernia.Extra{kernia.Field[string]{Name: "bio", Input: true}},
			Logger:     slog.New(slog.NewTextHandler(&log, nil)),
		})
		a := s.post("/sign-up/email", `{"name":"A","email":"ann@example.com","password":"password123","bio":"refused"}`)
		if a.Status != 400 || string(a.Body) != want {
			t.Errorf("sign-up = %d %s, want %s", a.Status, a.Body, want)
		}
		if got := log.String(); strings.Contains(got, "ERROR") || !strings.Contains(got, "SQLSTATE 23514") {
			t.Errorf("the log, which should tell the reason and no defect: %s", got)
		}
	}
}
