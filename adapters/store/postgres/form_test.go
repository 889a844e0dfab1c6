package kerniapostgres_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// TestForm reads and writes columns of the types that existing databases have, in every mode of pgx.
func TestForm(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			// A session's time zone must not move times without one.
			pool := newPool(t, func(c *pgxpool.Config) {
				c.ConnConfig.DefaultQueryExecMode = mode
				c.ConnConfig.RuntimeParams["timezone"] = "America/New_York"
			})
			for _, sqlType := range []string{"text", "varchar(100)", "uuid", "role", "label"} {
				t.Run("KeepsStringsIn_"+name(sqlType), func(t *testing.T) {
					keeps(t, pool, ports.TypeString, sqlType, ports.String("0190163d-8694-4abc-8def-000000000001"), ports.String("0190163d-8694-4abc-8def-000000000002"))
				})
			}
			for _, sqlType := range []string{"smallint", "integer", "bigint", "numeric"} {
				t.Run("KeepsIntegersIn_"+name(sqlType), func(t *testing.T) {
					keeps(t, pool, ports.TypeInt, sqlType, ports.Int(-7), ports.Int(300))
				})
			}
			for _, sqlType := range []string{"timestamptz", "timestamptz(3)", "timestamp", "timestamp(3)"} {
				t.Run("KeepsTimesIn_"+name(sqlType), func(t *testing.T) {
					keeps(t, pool, ports.TypeTime, sqlType, ports.Time(noon.AddDate(-1000, 0, 0)), ports.Time(noon))
					keeps(t, pool, ports.TypeTime, sqlType, ports.Time(noon.AddDate(-3000, 0, 0)), ports.Time(noon.AddDate(20000, 0, 0)))
				})
			}
			for _, sqlType := range []string{"text", "json", "jsonb"} {
				t.Run("KeepsJSONIn_"+name(sqlType), func(t *testing.T) {
					keeps(t, pool, ports.TypeJSON, sqlType, ports.JSON(`{"a": "\\"}`), ports.JSON(`null`))
				})
			}
			for _, sqlType := range []string{"text", "json", "jsonb", "text[]", "varchar[]"} {
				t.Run("KeepsListsIn_"+name(sqlType), func(t *testing.T) {
					keeps(t, pool, ports.TypeList, sqlType, ports.List(nil), ports.List([]string{`"`, "", "{a,b}", "NULL", "ä"}))
				})
			}
			t.Run("KeepsTruthsIn_boolean", func(t *testing.T) {
				keeps(t, pool, ports.TypeBool, "boolean", ports.Bool(false), ports.Bool(true))
			})
			t.Run("CountsIdentityIDs", func(t *testing.T) { countsIdentity(t, pool) })
		})
	}
}

func name(sqlType string) string {
	return strings.NewReplacer("(", "_", ")", "", "[]", "_array").Replace(sqlType)
}

// keeps stores, finds, compares and changes two values, the smaller first, in a column of a type.
func keeps(t *testing.T, pool *pgxpool.Pool, typ ports.Type, sqlType string, small, big ports.Value) {
	t.Helper()
	schema := newSchema(t, pool, `CREATE TYPE role AS ENUM ('0190163d-8694-4abc-8def-000000000001', '0190163d-8694-4abc-8def-000000000002');
		CREATE DOMAIN label AS text; CREATE TABLE "thing" ("id" text PRIMARY KEY, "value" `+sqlType+`)`)
	if sqlType == "role" {
		sqlType = schema + ".role"
	}
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	m := model(ports.IDText, "thing", ports.Field{Name: "value", Type: typ, Null: true})
	for id, v := range map[string]ports.Value{"null": {}, "small": small, "big": big} {
		r := add(t, s, m, values{"id": ports.String(id), "value": v})
		if !r[1].Equal(v) {
			t.Errorf("Create of %s in %s = %s", v.AppendJSON(nil), sqlType, r[1].AppendJSON(nil))
		}
		if r := get(t, s, m, "id", ports.String(id))[0]; !r[1].Equal(v) {
			t.Errorf("Find of %s in %s = %s", v.AppendJSON(nil), sqlType, r[1].AppendJSON(nil))
		}
	}
	for op, want := range map[ports.Op][]string{
		ports.Eq: {"big"}, ports.Ne: {"small"}, ports.Lt: {"small"}, ports.Le: {"small", "big"}, ports.Gt: {}, ports.Ge: {"big"},
		ports.Null: {"null"}, ports.NotNull: {"small", "big"}, ports.Contains: {"big"}, ports.In: {"small", "big"},
	} {
		c := ports.Condition{Field: "value", Op: op}
		args := []ports.Value{big}
		if op == ports.In {
			c.Count, args = 2, append(args, small)
		}
		q := &ports.Query{Model: m, Where: []ports.Condition{c}, Limit: 9}
		if typ != ports.TypeJSON && typ != ports.TypeList {
			q.Order = []ports.Order{{Field: "value"}}
		} else {
			q.Order = []ports.Order{{Field: "id", Desc: true}}
		}
		if q.Check() != nil {
			continue
		}
		found, err := s.Find(t.Context(), q, args[:c.Args()])
		var got []string
		for _, r := range found {
			got = append(got, r[0].AsString())
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("operator %d on %s found %v, %v, want %v", op, sqlType, got, err, want)
		}
	}
	set := &ports.Update{Model: m, Key: ports.Key{"id"}, Set: []ports.Change{{Field: "value"}}}
	for _, v := range []ports.Value{big, {}, small} {
		if r, ok, err := s.Update(t.Context(), set, []ports.Value{ports.String("null"), v}); err != nil || !ok || !r[1].Equal(v) {
			t.Errorf("Update of %s to %s: %v, %v", sqlType, v.AppendJSON(nil), ok, err)
		}
	}
}

// countsIdentity works on integer ids as Better Auth makes them.
func countsIdentity(t *testing.T, pool *pgxpool.Pool) {
	schema := newSchema(t, pool, `CREATE TABLE "user" ("id" integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "email" varchar(255) NOT NULL UNIQUE);
		CREATE TABLE "session" ("id" serial PRIMARY KEY, "userId" integer NOT NULL REFERENCES "user" ON DELETE CASCADE)`)
	s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
	user := model(ports.IDSerial, "user", text("email"))
	user.Unique = []ports.Key{{"email"}}
	session := model(ports.IDSerial, "session", ports.Field{Name: "userId", Type: ports.TypeString, References: user})
	user.Dependents = []ports.Dependent{{Model: session, Field: "userId"}}
	u := add(t, s, user, values{"email": ports.String("a")})
	add(t, s, session, values{"userId": u[0]})
	if u[0].AsString() != "1" {
		t.Errorf("the first id = %q, want 1", u[0].AsString())
	}
	for _, id := range []string{"", "0", "-1", "01", "1 ", "x", "2147483648", "9223372036854775808", "1\x00"} {
		if rs := get(t, s, user, "id", ports.String(id)); len(rs) != 0 {
			t.Errorf("Find by the id %q found a record", id)
		}
		if _, err := s.Create(t.Context(), session, record(session, values{"userId": ports.String(id)})); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Create with the reference %q: %v, want ErrInvalid", id, err)
		}
	}
	q := by(session, "userId")
	q.Follow = "userId"
	if rs, err := s.Find(t.Context(), q, []ports.Value{u[0]}); err != nil || len(rs) != 1 || rs[0][3].AsString() != "a" {
		t.Errorf("Find with Follow = %v, %v", rs, err)
	}
	if n, err := s.Delete(t.Context(), &ports.Delete{Model: user}, nil); err != nil || n != 1 || size(t, s, session) != 0 {
		t.Errorf("Delete = %d, %v", n, err)
	}
}
