package kernia_test

import (
	"context"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

// calendar answers times of its own.
type calendar struct{}

type calendarOutput struct {
	At   time.Time            `json:"at"`
	Days map[string]time.Time `json:"days"`
	End  *time.Time           `json:"end"`
}

func (calendar) Declare(d *kernia.Declaration) {
	d.Name("calendar")
	kernia.Get(d, "/calendar", func(context.Context, *kernia.Call, kernia.None) (calendarOutput, error) {
		at := time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600))
		return calendarOutput{At: at, Days: map[string]time.Time{"a": at}}, nil
	})
}

// TestTimesOfFeatures: the official client reads times with other than three digits wrongly.
func TestTimesOfFeatures(t *testing.T) {
	s := serve(t, kernia.Config{}, calendar{})
	want := `{"at":"2026-01-02T03:04:05.000Z","days":{"a":"2026-01-02T03:04:05.000Z"},"end":null}`
	if a := s.get("/calendar"); a.Status != 200 || string(a.Body) != want {
		t.Errorf("= %d %s, want %s", a.Status, a.Body, want)
	}
	if got, err := kernia.InvokeJSON(t.Context(), s.auth, "GET /calendar", nil); err != nil || string(got) != want {
		t.Errorf("by name: %s, %v", got, err)
	}
}
