package kernia_test

import (
	"context"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// A extendingStore has another request extend the session before an expired one is deleted.
type extendingStore struct {
	ports.Store
	now func() time.Time
}

func (r extendingStore) Delete(ctx context.Context, d *ports.Delete, args []ports.Value) (int64, error) {
	if d.Model.Name == "session" && d.Where[0].Field == "id" {
		extend := &ports.Update{Model: d.Model, Key: ports.Key{"id"}, Set: []ports.Change{{Field: "expiresAt"}}}
		if _, _, err := r.Update(ctx, extend, []ports.Value{args[0], ports.Time(r.now().Add(time.Hour))}); err != nil {
			return 0, err
		}
	}
	return r.Store.Delete(ctx, d, args)
}

func TestASessionThatWasExtendedMeanwhileIsNotDropped(t *testing.T) {
	var s *server
	s = serve(t, kernia.Config{Store: extendingStore{memory.New(), func() time.Time { return s.clock.Now() }}})
	cookie := s.signUp("ann@example.com")
	s.clock.Advance(8 * 24 * time.Hour)
	s.signedIn(cookie) // reads the expired row and drops it, too late
	if !s.signedIn(cookie) {
		t.Error("a session was deleted although it was extended after it was read")
	}
}
