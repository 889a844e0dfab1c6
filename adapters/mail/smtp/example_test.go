package kerniasmtp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	kerniasmtp "github.com/kernia-go/kernia/adapters/mail/smtp"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtext"
)

func ExampleNew() {
	texts, err := mailtext.New(mailtext.Options{App: "Example"})
	if err != nil {
		log.Fatal(err)
	}
	mailer, err := kerniasmtp.New(kerniasmtp.Options{
		URL:  "smtp://user:password@mail.example.com:587", // STARTTLS; smtps:// is TLS from the start
		From: "Example <no-reply@example.com>", Texts: texts,
	})
	if err != nil {
		log.Fatal(err)
	}
	// Give the Mailer to kernia.Config. Nobody can add a recipient through it.
	err = mailer.Send(context.Background(), ports.Mail{
		Kind: ports.MailReset, To: "ann@example.com\r\nBcc: eve@example.com", URL: "https://example.com/reset/1", Lifetime: time.Hour,
	})
	fmt.Println(errors.Is(err, ports.ErrInvalid))
	// Output: true
}
