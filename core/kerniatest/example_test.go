package kerniatest_test

import (
	"flag"
	"fmt"
	"log/slog"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

// A test signs a user up as a page would, moves the clock, and sees that the session has ended.
func Example() {
	testSessionEnds := func(t *testing.T) { // func TestSessionEnds(t *testing.T)
		clock := memory.NewClock(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		cfg := kernia.Config{Clock: clock, Logger: slog.New(slog.DiscardHandler)}
		auth := kerniatest.New(t, cfg, emailpassword.Feature{})
		page := kerniatest.NewBrowser(t, auth)
		a := page.Post("/sign-up/email", `{"name": "Ann", "email": "ann@example.com", "password": "correct horse"}`)
		if a.Status != 200 || a.Text("token") == "" || !page.SignedIn() {
			t.Fatalf("sign-up: %d %s", a.Status, a.Body)
		}
		clock.Advance(8 * 24 * time.Hour)
		if a := page.Post("/update-user", `{"name": "Anna"}`); a.Code() != "UNAUTHORIZED" {
			t.Errorf("after eight days: %d %s", a.Status, a.Body)
		}
	}
	fmt.Println("the session ends:", passes(testSessionEnds))
	// Output: the session ends: true
}

// passes runs a test within an example, without its log, which would be taken for the example's output.
func passes(test func(t *testing.T)) bool {
	verbose := flag.Lookup("test.v").Value
	was := verbose.String()
	_ = verbose.Set("false")
	defer func() { _ = verbose.Set(was) }()
	everything := func(_, _ string) (bool, error) { return true, nil }
	return testing.RunTests(everything, []testing.InternalTest{{Name: "TestSessionEnds", F: test}})
}
