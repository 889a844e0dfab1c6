package kerniapostgres_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	"github.com/kernia-go/kernia/ports"
)

func TestMigrate(t *testing.T) {
	t.Run("SurvivesEightAtOnce", func(t *testing.T) {
		pool := newPool(t)
		schema := newSchema(t, pool)
		var done sync.WaitGroup
		steps := make([]int, 8)
		for i := range steps {
			done.Go(func() {
				s := kerniapostgres.New(newPool(t), kerniapostgres.Options{Schema: schema})
				plan, err := s.Migrate(t.Context(), newTables(ports.IDText).all(), true)
				if err != nil {
					t.Errorf("Migrate: %v", err)
				}
				steps[i] = len(plan.Steps)
			})
		}
		done.Wait()
		worked := 0
		for _, n := range steps {
			if n > 0 {
				worked++
			}
		}
		if worked != 1 {
			t.Errorf("%d of 8 processes changed the schema, want 1", worked)
		}
	})
	t.Run("MakesTheSchemaItIsGiven", func(t *testing.T) {
		pool := newPool(t)
		name := newSchema(t, pool)
		run(t, pool, "DROP SCHEMA "+name)
		s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: name, Prefix: `auth "x" `})
		m := newTables(ports.IDText)
		migrate(t, s, m.all()...)
		add(t, s, m.user, nil)
		if plan := migrate(t, s, m.all()...); len(plan.Steps)+len(plan.Duplicates) != 0 {
			t.Errorf("Migrate again = %+v, want nothing", plan)
		}
	})
	t.Run("FindsTablesByTheSearchPath", func(t *testing.T) {
		pool := newPool(t)
		schema := newSchema(t, pool)
		s, err := kerniapostgres.Open(t.Context(), need(t)+"&search_path="+schema)
		if err != nil {
			t.Skip("the URL takes no search path: " + err.Error())
		}
		defer s.Close()
		m := newTables(ports.IDUUID)
		migrate(t, s, m.all()...)
		within := kerniapostgres.New(pool, kerniapostgres.Options{Schema: schema})
		if plan := migrate(t, within, m.all()...); len(plan.Steps) != 0 {
			t.Errorf("Migrate of the schema that the search path names = %+v, want nothing", plan)
		}
	})
	t.Run("AddsColumnsWithDefaults", addsColumns)
	t.Run("RefusesAColumnThatCannotHoldAField", func(t *testing.T) {
		pool := newPool(t)
		s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: newSchema(t, pool, `CREATE TABLE "thing" ("id" text PRIMARY KEY, "value" bytea[])`)})
		for _, typ := range []ports.Type{ports.TypeBool, ports.TypeInt, ports.TypeTime, ports.TypeJSON, ports.TypeList} {
			m := model(ports.IDText, "thing", ports.Field{Name: "value", Type: typ})
			if _, err := s.Migrate(t.Context(), []*ports.Model{m}, false); !errors.Is(err, ports.ErrInvalid) {
				t.Errorf("Migrate of bytea[] for a %s: %v, want ErrInvalid", typ, err)
			}
		}
	})
	t.Run("ShortensLongNamesApart", func(t *testing.T) {
		pool := newPool(t)
		s := kerniapostgres.New(pool, kerniapostgres.Options{Schema: newSchema(t, pool)})
		long := strings.Repeat("x", 50)
		m := model(ports.IDText, long, text("value_a"), text("value_b"))
		m.Index = []ports.Key{{"value_a"}, {"value_b"}, {"value_a", "value_b"}}
		migrate(t, s, m)
		if plan := migrate(t, s, m); len(plan.Steps) != 0 {
			t.Errorf("Migrate again = %+v, want nothing", plan)
		}
	})
}

func addsColumns(t *testing.T) {
	pool := newPool(t)
	s := newStore(t, pool, model(ports.IDText, "thing"))
	old := model(ports.IDText, "thing")
	add(t, s, old, values{"id": ports.String("1")})
	add(t, s, old, values{"id": ports.String("2")})
	defaults := []ports.Value{
		ports.String(`it's \ "so"`), ports.Bool(true), ports.Int(-5), ports.Time(noon), ports.JSON(`{"a": "it's"}`), ports.List([]string{"a'b"}),
	}
	var fields []ports.Field
	for _, v := range defaults {
		fields = append(fields, ports.Field{Name: "new " + v.Type().String(), Type: v.Type(), Default: v})
	}
	m := model(ports.IDText, "thing", fields...)
	m.Unique, m.Index = []ports.Key{{"new string"}}, []ports.Key{{"new int", "new time"}}
	plan := migrate(t, s, m)
	if len(plan.Steps) != len(defaults)+1 || len(plan.Duplicates) != 1 || plan.Duplicates[0].Groups != 1 || len(plan.Duplicates[0].IDs) != 2 {
		t.Errorf("Migrate = %+v, want %d columns, an index and the blocked key of the new column", plan, len(defaults))
	}
	for _, r := range get(t, s, m, "new int", ports.Int(-5)) {
		for i, want := range defaults {
			if !r[i+1].Equal(want) {
				t.Errorf("an old record got %s, want %s", r[i+1].AppendJSON(nil), want.AppendJSON(nil))
			}
		}
	}
	more := model(ports.IDText, "thing", text("needed"))
	if _, err := s.Migrate(t.Context(), []*ports.Model{more}, true); !errors.Is(err, ports.ErrInvalid) {
		t.Errorf("Migrate of a field without a default: %v, want ErrInvalid", err)
	}
}
