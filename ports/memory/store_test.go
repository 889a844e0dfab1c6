package memory_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
	"github.com/kernia-go/kernia/ports/storetest"
)

// opener returns how the kit opens databases: one Store for each name.
func opener[TB testing.TB]() func(tb TB, name string) ports.Store {
	var stores sync.Map
	return func(_ TB, name string) ports.Store {
		s, _ := stores.LoadOrStore(name, memory.New())
		return s.(*memory.Store)
	}
}

func TestStore(t *testing.T) {
	open := func(*testing.T, string) ports.Store { return memory.New() }
	storetest.Run(t, open, storetest.OneProcess, storetest.IDs(ports.IDUUID, ports.IDSerial, ports.IDObjectID))
}

func FuzzStore(f *testing.F) { storetest.Fuzz(f, opener[*testing.T]()) }

func BenchmarkStore(b *testing.B) { storetest.Bench(b, opener[*testing.B]()) }

func note() *ports.Model {
	m := &ports.Model{Name: "note", Fields: []ports.Field{
		{Name: "id", Type: ports.TypeString},
		{Name: "text", Type: ports.TypeString},
		{Name: "parent", Type: ports.TypeString, Null: true},
	}, Unique: []ports.Key{{"text"}}}
	m.Fields[2].References = m
	m.Dependents = []ports.Dependent{{Model: m, Field: "parent"}}
	return m
}

func migrated(t *testing.T, models ...*ports.Model) *memory.Store {
	t.Helper()
	s := memory.New()
	if _, err := s.Migrate(t.Context(), models, true); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestModels(t *testing.T) {
	t.Run("MustBeMigratedFirst", func(t *testing.T) {
		s, m := memory.New(), note()
		if _, err := s.Find(t.Context(), &ports.Query{Model: m, Limit: 1}, nil); !errors.Is(err, ports.ErrUnavailable) {
			t.Errorf("Find = %v, want ErrUnavailable", err)
		}
	})
	t.Run("ReferToThemselvesInACircle", func(t *testing.T) {
		m := note()
		s := migrated(t, m)
		for _, pair := range [][2]string{{"a", "b"}, {"b", "c"}, {"c", "a"}, {"d", "d"}, {"e", "x"}} {
			r := ports.Record{ports.String(pair[0]), ports.String(pair[0]), ports.String(pair[1])}
			if _, err := s.Create(t.Context(), m, r); err != nil {
				t.Fatal(err)
			}
		}
		where := []ports.Condition{{Field: "id", Op: ports.In, Count: 2}}
		n, err := s.Delete(t.Context(), &ports.Delete{Model: m, Where: where}, []ports.Value{ports.String("a"), ports.String("d")})
		if n != 4 || err != nil {
			t.Errorf("Delete = %d, %v, want 4", n, err)
		}
	})
	t.Run("CannotBeMigratedInATransaction", func(t *testing.T) {
		s, m := memory.New(), note()
		err := s.Tx(t.Context(), func(ctx context.Context) error {
			_, err := s.Migrate(ctx, []*ports.Model{m}, true)
			return err
		})
		if !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Migrate in Tx = %v, want ErrInvalid", err)
		}
	})
	t.Run("NeedADefaultForExistingRecords", func(t *testing.T) {
		m := note()
		s := migrated(t, m)
		if _, err := s.Create(t.Context(), m, ports.Record{ports.String("a"), ports.String("a"), {}}); err != nil {
			t.Fatal(err)
		}
		more := *m
		more.Dependents = nil
		more.Fields = append(more.Fields, ports.Field{Name: "color", Type: ports.TypeString})
		if _, err := s.Migrate(t.Context(), []*ports.Model{&more}, true); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Migrate = %v, want ErrInvalid", err)
		}
	})
}

func TestTx(t *testing.T) {
	t.Run("MakesOthersWaitAndLetsThemGo", func(t *testing.T) {
		m := note()
		s := migrated(t, m)
		err := s.Tx(t.Context(), func(context.Context) error {
			outside, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := s.Find(outside, &ports.Query{Model: m, Limit: 1}, nil)
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Find outside a transaction = %v, want DeadlineExceeded", err)
		}
		if n, err := s.Count(t.Context(), &ports.Query{Model: m, Limit: 1}, nil); n != 0 || err != nil {
			t.Errorf("Count afterwards = %d, %v", n, err)
		}
	})
	t.Run("KeepsTwoStoresApart", func(t *testing.T) {
		m := note()
		one, other := migrated(t, m), migrated(t, m)
		errUndo := errors.New("undo")
		err := one.Tx(t.Context(), func(ctx context.Context) error {
			if _, err := other.Create(ctx, m, ports.Record{ports.String("a"), ports.String("a"), {}}); err != nil {
				return err
			}
			return errUndo
		})
		n, _ := other.Count(t.Context(), &ports.Query{Model: m, Limit: 1}, nil)
		if !errors.Is(err, errUndo) || n != 1 {
			t.Errorf("a record of another Store is rolled back too: %d, %v", n, err)
		}
	})
	t.Run("RollsBackOnGoexit", func(t *testing.T) {
		m := note()
		s := migrated(t, m)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.Tx(t.Context(), func(ctx context.Context) error {
				_, _ = s.Create(ctx, m, ports.Record{ports.String("a"), ports.String("a"), {}})
				runtime.Goexit()
				return nil
			})
		}()
		<-done
		if n, err := s.Count(t.Context(), &ports.Query{Model: m, Limit: 1}, nil); n != 0 || err != nil {
			t.Errorf("Count = %d, %v, want 0", n, err)
		}
	})
}
