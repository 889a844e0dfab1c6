package mailtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtest"
	"github.com/kernia-go/kernia/ports/memory"
)

// A Mailer of one's own is right when the kit passes: this is the whole test file.
func Example() {
	_ = func(t *testing.T) { // func TestMailer(t *testing.T)
		mailtest.Run(t, mailtest.Options{Open: func(*testing.T) mailtest.Box {
			box := new(memory.Mailer) // a Mailer of your own, and how the test reads what it delivered
			return mailtest.Box{Mailer: box, Delivered: func() ([]mailtest.Delivery, error) { return read(box), nil }}
		}})
	}

	err := new(memory.Mailer).Send(context.Background(), ports.Mail{Kind: ports.MailReset, To: "ann@example.com, eve@example.com"})
	fmt.Println(errors.Is(err, ports.ErrInvalid))
	// Output: true
}

func read(box *memory.Mailer) []mailtest.Delivery {
	var all []mailtest.Delivery
	for _, m := range box.All() {
		all = append(all, mailtest.Delivery{To: m.To, Text: m.URL + m.Code + m.NewEmail})
	}
	return all
}
