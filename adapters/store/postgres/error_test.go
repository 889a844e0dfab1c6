package kerniapostgres_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

// leaks reports whether an error or one that it wraps shows a value, or the server's own error that holds it.
func leaks(err error, value string) bool {
	var pg *pgconn.PgError
	return strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), value) || errors.As(err, &pg)
}

// incompressible returns text that no index of PostgreSQL takes.
func incompressible() string {
	var b strings.Builder
	for range 200 {
		b.WriteString(rand.Text())
	}
	return b.String()
}

func TestError(t *testing.T) {
	const secret = "s3cret@example.com"
	pool := newPool(t)
	schema := newSchema(t, pool, `CREATE TABLE "user" ("id" text PRIMARY KEY, "email" text NOT NULL UNIQUE CHECK (length("email") > 3),
		"role" varchar(5), "count" smallint, "document" jsonb, "list" text, "must" text DEFAULT '' NOT NULL)`)
	run(t, pool, "CREATE UNIQUE INDEX ON "+schema+`."user" (lower("email"))`)
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	m := model(ports.IDText, "user", text("email"), null(text("role")), null(number("count")),
		ports.Field{Name: "document", Type: ports.TypeJSON, Null: true}, ports.Field{Name: "list", Type: ports.TypeList, Null: true}, null(text("must")))
	m.Unique = []ports.Key{{"email"}}
	add(t, s, m, values{"id": ports.String("1"), "email": ports.String(secret), "must": ports.String("x")})
	run(t, pool, `INSERT INTO `+schema+`."user" VALUES ('bad', 'bad list', NULL, NULL, NULL, '`+secret+`')`)
	invalid := func(err error) bool { return errors.Is(err, ports.ErrInvalid) }
	refused := func(field string) func(error) bool {
		return func(err error) bool {
			var r *ports.RefusedError
			return errors.As(err, &r) && r.Model == "user" && r.Field == field
		}
	}
	conflict := func(key string) func(error) bool {
		return func(err error) bool {
			var c *ports.ConflictError
			return errors.As(err, &c) && c.Key == key
		}
	}
	for name, c := range map[string]struct {
		given values
		want  func(error) bool
	}{
		"AConflict":               {values{"email": ports.String(secret)}, conflict("email")},
		"AConflictOfNoDeclared":   {values{"email": ports.String(strings.ToUpper(secret))}, conflict("")},
		"TextThatIsTooLong":       {values{"role": ports.String(secret)}, refused("")},
		"ANumberThatIsTooBig":     {values{"count": ports.Int(12345678)}, refused("")},
		"JSONThatIsNone":          {values{"document": ports.JSON(secret)}, refused("")},
		"JSONWithAZero":           {values{"document": ports.JSON(`"` + secret + `\u0000"`)}, refused("")},
		"TextWithAZero":           {values{"email": ports.String(secret + "\x00")}, refused("email")},
		"TextThatIsNotUTF8":       {values{"email": ports.String(secret + "\xff")}, refused("email")},
		"AListWithAZero":          {values{"list": ports.List([]string{secret + "\x00"})}, refused("list")},
		"ACheckOfTheApplication":  {values{"email": ports.String("s3c")}, refused("email")},
		"JSONWithAHalfCharacter":  {values{"document": ports.JSON(`"` + secret + `\ud800"`)}, refused("")},
		"ANullWhereNoneMayBe":     {values{"must": {}}, refused("must")},
		"AKeyThatIsTooLong":       {values{"email": ports.String(secret + incompressible())}, refused("email")},
		"AnIDWithAZero":           {values{"id": ports.String(secret + "\x00")}, refused("id")},
		"ATypeThatIsNotTheFields": {values{"email": ports.JSON(secret)}, invalid},
	} {
		t.Run("Hides_"+name, func(t *testing.T) {
			given := values{"id": ports.String(secret), "must": ports.String("x")}
			maps.Copy(given, c.given)
			_, err := s.Create(t.Context(), m, record(m, given))
			if !c.want(err) || leaks(err, "s3c") || leaks(err, "S3C") || leaks(err, "12345678") {
				t.Errorf("Create: %v", err)
			}
		})
	}
	t.Run("Hides_WhatCannotBeRead", func(t *testing.T) {
		_, err := s.Find(t.Context(), by(m, "id"), []ports.Value{ports.String("bad")})
		if !invalid(err) || leaks(err, secret) {
			t.Errorf("Find of a list that is none: %v", err)
		}
	})
	t.Run("FindsNothingByTextWithAZero", func(t *testing.T) {
		for _, op := range []ports.Op{ports.Eq, ports.Contains, ports.In} {
			q := &ports.Query{Model: m, Where: []ports.Condition{{Field: "email", Op: op, Count: 1}}, Limit: 1}
			for _, text := range []string{"\x00", secret + "\x00", "\xff"} {
				if rs, err := s.Find(t.Context(), q, []ports.Value{ports.String(text)}); err != nil || len(rs) != 0 {
					t.Errorf("operator %d with %q found %d records, %v", op, text, len(rs), err)
				}
			}
		}
	})
	t.Run("NamesAMissingTable", func(t *testing.T) {
		other := model(ports.IDText, "absent", text("email"))
		_, err := s.Create(t.Context(), other, record(other, nil))
		if !unavailable(err) || !strings.Contains(err.Error(), "absent") {
			t.Errorf("Create in a missing table: %v", err)
		}
	})
}

// TestSchemaChange changes the tables under a Store that knows them.
func TestSchemaChange(t *testing.T) {
	pool := newPool(t)
	schema := newSchema(t, pool, `CREATE TABLE "thing" ("id" text PRIMARY KEY, "value" text)`)
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	m := model(ports.IDText, "thing", null(text("value")))
	id := ports.String("0190163d-8694-4abc-8def-000000000001")
	add(t, s, m, values{"id": id, "value": id})
	get(t, s, m, "value", id)
	run(t, pool, `ALTER TABLE `+schema+`."thing" ALTER "value" TYPE uuid USING "value"::uuid`)
	if rs := get(t, s, m, "value", id); len(rs) != 1 || !rs[0][1].Equal(id) {
		t.Errorf("Find after the column became a uuid = %v", rs)
	}
	run(t, pool, `ALTER TABLE `+schema+`."thing" RENAME TO "moved"`)
	if _, err := s.Find(t.Context(), by(m, "value"), []ports.Value{id}); !unavailable(err) {
		t.Errorf("Find after the table went: %v, want ErrUnavailable", err)
	}
	run(t, pool, `ALTER TABLE `+schema+`."moved" RENAME TO "thing"`)
	if rs := get(t, s, m, "value", id); len(rs) != 1 {
		t.Errorf("Find after the table came back = %v", rs)
	}
}
