package featuretest_test

import (
	"context"
	"flag"
	"fmt"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/featuretest"
)

// greeter is a feature with one operation.
type greeter struct{}

var errNameless = &kernia.Error{Kind: kernia.Invalid, Code: "NAMELESS", Message: "A greeting needs a name"}

type greeting struct {
	Text string `json:"text"`
}

// Declare adds the operation.
func (greeter) Declare(d *kernia.Declaration) {
	d.Name("greeter")
	kernia.Post(d, "/greeter/greet", greet, kernia.SignedIn, kernia.Errors(errNameless))
}

func greet(_ context.Context, _ *kernia.Call, in struct {
	FullName string `json:"fullName" in:"max=100"`
},
) (greeting, error) {
	if in.FullName == "" {
		return greeting{}, errNameless
	}
	return greeting{Text: "Hello " + in.FullName}, nil
}

// A feature of your own has one test: a sample that succeeds for each operation, and one for each error.
func Example() {
	testFeature := func(t *testing.T) { // func TestFeature(t *testing.T)
		featuretest.Run(t, greeter{}, []featuretest.Sample{
			{Operation: "POST /greeter/greet", Input: `{"fullName": "Ann"}`},
			{Operation: "POST /greeter/greet", Input: `{"fullName": ""}`, Want: errNameless},
		})
	}
	fmt.Println("keeps every promise:", passes(testFeature))
	// Output: keeps every promise: true
}

// passes runs a test within an example, without its log, which would be taken for the example's output.
func passes(test func(t *testing.T)) bool {
	verbose := flag.Lookup("test.v").Value
	was := verbose.String()
	_ = verbose.Set("false")
	defer func() { _ = verbose.Set(was) }()
	everything := func(_, _ string) (bool, error) { return true, nil }
	return testing.RunTests(everything, []testing.InternalTest{{Name: "TestFeature", F: test}})
}
