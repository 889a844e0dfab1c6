package kerniapostgres_test

import (
	"errors"
	"strings"
	"testing"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// TestMigrateRefuses names the table and the column that would make calls fail later.
func TestMigrateRefuses(t *testing.T) {
	pool := newPool(t)
	for name, c := range map[string]struct{ ddl, column string }{
		"AColumnThatNobodyWrites":        {`CREATE TABLE "user" ("id" text PRIMARY KEY, "name" text, "tenant" text NOT NULL)`, "tenant"},
		"AColumnThatTakesNoNull":         {`CREATE TABLE "user" ("id" text PRIMARY KEY, "name" text NOT NULL DEFAULT '')`, "name"},
		"ButNotAColumnThatFillsItself":   {`CREATE TABLE "user" ("id" text PRIMARY KEY, "name" text, "tenant" text NOT NULL DEFAULT '')`, ""},
		"AnotherTypeThanConfigured":      {`CREATE TABLE "user" ("id" boolean PRIMARY KEY, "name" text)`, "id"},
		"ButNotAnIdentityOfTheDatabases": {`CREATE TABLE "user" ("id" text PRIMARY KEY, "name" text, "n" int GENERATED ALWAYS AS IDENTITY)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			schema := newSchema(t, pool, c.ddl)
			m := model(ports.IDText, "user", null(text("name")))
			_, err := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema}).Migrate(t.Context(), []*ports.Model{m}, false)
			if c.column == "" {
				if err != nil {
					t.Errorf("Migrate = %v", err)
				}
				return
			}
			if !errors.Is(err, ports.ErrInvalid) || !strings.Contains(err.Error(), `"`+c.column+`"`) || !strings.Contains(err.Error(), `"user"`) {
				t.Errorf("Migrate = %v, want the column %s by name", err, c.column)
			}
		})
	}
	t.Run("ATableOfALaterSchema", func(t *testing.T) {
		first, later := newSchema(t, pool), newSchema(t, pool, `CREATE TABLE "user" ("id" text PRIMARY KEY, "name" text)`)
		s, err := kerniapostgres.Open(t.Context(), need(t)+"&search_path="+first+","+later)
		if err != nil {
			t.Skip("the URL takes no search path: " + err.Error())
		}
		defer s.Close()
		m := model(ports.IDText, "user", null(text("name")))
		if _, err := s.Migrate(t.Context(), []*ports.Model{m}, true); !errors.Is(err, ports.ErrInvalid) || !strings.Contains(err.Error(), later) {
			t.Errorf("Migrate = %v, want the schema %s by name", err, later)
		}
	})
}
