package kernia_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// caller is a feature that calls another server.
type caller struct{ fetcher *ports.Fetcher }

func (c caller) Declare(d *kernia.Declaration) {
	d.Name("caller")
	*c.fetcher = d.Fetcher()
}

func TestDeclaration_Fetcher(t *testing.T) {
	var got ports.Fetcher
	cfg := kernia.Config{BaseURL: own, Secret: kerniatest.Secret, Store: memory.New()}
	_, err := kernia.New(cfg, caller{&got})
	wrong, ok := errors.AsType[*kernia.SettingError](err)
	if !ok || wrong.Setting != "Config.Fetcher" || !strings.Contains(err.Error(), "feature caller") || got != nil {
		t.Errorf("without a Fetcher New = %v, want an error that names the feature and Config.Fetcher", err)
	}

	cfg.Fetcher = memory.FetchFunc(func(context.Context, ports.FetchRequest) (ports.FetchResponse, error) {
		return ports.FetchResponse{Status: 204}, nil
	})
	if _, err := kernia.New(cfg, caller{&got}); err != nil {
		t.Fatal(err)
	}
	if r, err := got.Fetch(t.Context(), ports.FetchRequest{URL: "https://example.com"}); err != nil || r.Status != 204 {
		t.Errorf("the feature's Fetcher gave %d, %v, want the configured one's answer", r.Status, err)
	}
}
