package memory_test

import (
	"testing"

	"github.com/kernia-go/kernia/ports/mailtest"
	"github.com/kernia-go/kernia/ports/memory"
)

func TestMailer(t *testing.T) {
	mailtest.Run(t, mailtest.Options{Open: func(*testing.T) mailtest.Box {
		box := new(memory.Mailer)
		return mailtest.Box{Mailer: box, Delivered: func() ([]mailtest.Delivery, error) {
			var all []mailtest.Delivery
			for _, m := range box.All() {
				all = append(all, mailtest.Delivery{To: m.To, Text: m.URL + " " + m.Code + " " + m.NewEmail})
			}
			return all, nil
		}}
	}})
}
