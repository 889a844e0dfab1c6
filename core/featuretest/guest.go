package featuretest

import (
	"context"

	kernia "github.com/kernia-go/kernia/core"
)

// A guest is the kit's own feature beside the one that is proved.
type guest struct {
	user      *kernia.User     // whom its key authenticates
	interrupt error            // of every sign-in
	before    error            // of every operation
	attempts  []kernia.Attempt // to sign in, since the stage was ready
}

const keyHeader = "X-Featuretest-Key"

var (
	errInterrupted = &kernia.Error{Kind: kernia.Denied, Code: "FEATURETEST_INTERRUPTS", Message: "A feature ends the sign-in"}
	errStopped     = &kernia.Error{Kind: kernia.Denied, Code: "FEATURETEST_STOPS", Message: "A feature stops the operation"}
)

// Declare adds the guest's steps.
func (g *guest) Declare(d *kernia.Declaration) {
	d.Name("featuretest")
	d.Authenticate(keyHeader, func(context.Context, *kernia.Call, string) (kernia.Presented, error) {
		if g.user == nil {
			return kernia.Presented{}, nil
		}
		return kernia.Presented{Principal: &kernia.Principal{User: *g.user}}, nil
	})
	d.Interrupt(func(_ context.Context, _ *kernia.Call, at kernia.Attempt) error {
		g.attempts = append(g.attempts, at)
		if at.Renewal {
			return nil
		}
		return g.interrupt
	})
	everything := []string{"*", "*/*", "*/*/*", "*/*/*/*"}
	d.Before(everything, func(context.Context, *kernia.Call) error { return g.before })
}
