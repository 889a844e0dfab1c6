package outbox_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/outbox"
)

func Example() {
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "outbox.jsonl")
	mailer, err := outbox.Open(path) // for kernia.Config.Mailer
	if err != nil {
		log.Fatal(err)
	}
	err = mailer.Send(context.Background(), ports.Mail{
		Kind: ports.MailReset, To: "ann@example.com", URL: "https://example.com/reset-password/Zk3", Token: "Zk3", Lifetime: time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	lines, err := outbox.Read(path)
	for _, l := range lines {
		fmt.Println(l.To, l.Kind, l.URL)
	}
	fmt.Println(err, os.RemoveAll(dir))
	// Output:
	// ann@example.com reset-password https://example.com/reset-password/Zk3
	// <nil> <nil>
}
