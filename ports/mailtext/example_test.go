package mailtext_test

import (
	"fmt"
	"log"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtext"
)

func Example() {
	texts, err := mailtext.New(mailtext.Options{App: "Example"})
	if err != nil {
		log.Fatal(err)
	}
	m, err := texts.Render(ports.Mail{
		Kind: ports.MailReset, To: "ann@example.com", User: ports.User{Name: "Ann"},
		URL: "https://example.com/api/auth/reset-password/Zk3", Lifetime: time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n\n%s", m.Subject, m.Text)
	// Output:
	// Reset your password for Example
	//
	// Hello Ann,
	//
	// Somebody asked to reset the password of your account at Example. To set a new password, follow this link:
	//
	// https://example.com/api/auth/reset-password/Zk3
	//
	// The link works for 1 hour. If you did not ask for this, you can ignore this mail. Your password then stays as it is.
}

// A second language, for users whose browser asks for it. English stays for all others.
func ExampleNew() {
	texts, err := mailtext.New(mailtext.Options{App: "Beispiel", Languages: map[string]mailtext.Templates{
		"de": {
			ports.MailReset: {
				Subject: "Neues Passwort für {{.App}}",
				Text: "Hallo{{with .Name}} {{.}}{{end}},\n\nunter diesem Link kannst du ein neues Passwort setzen:\n\n{{.Link}}\n\n" +
					`Er gilt {{.Lasts "Minute" "Minuten" "Stunde" "Stunden" "Tag" "Tage"}}. Wenn du das nicht wolltest, ignoriere diese Mail.`,
				Action: "Neues Passwort setzen",
			},
		},
	}})
	if err != nil {
		log.Fatal(err)
	}
	m := ports.Mail{
		Kind: ports.MailReset, To: "ann@example.com", User: ports.User{Name: "Ann"},
		URL: "https://example.com/api/auth/reset-password/Zk3", Lifetime: 2 * time.Hour,
	}
	for _, m.Language = range []string{"de-CH,de;q=0.9,en;q=0.8", "fr"} {
		message, err := texts.Render(m)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(message.Subject)
	}
	// Output:
	// Neues Passwort für Beispiel
	// Reset your password for Beispiel
}
