package fetchtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/fetchtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// A Fetcher of one's own is right when the kit passes: this is the whole test file.
func Example() {
	_ = func(t *testing.T) { // func TestFetcher(t *testing.T)
		fetchtest.Run(t, func(_ *testing.T, s fetchtest.Setting) ports.Fetcher { return newFetcher(s) })
	}

	_, err := newFetcher(fetchtest.Setting{}).Fetch(context.Background(), ports.FetchRequest{URL: "file:///etc/passwd"})
	fmt.Println(errors.Is(err, ports.ErrInvalid))
	// Output: true
}

// newFetcher stands for a constructor of your own.
func newFetcher(fetchtest.Setting) ports.Fetcher { return memory.FetchFunc(nil) }
