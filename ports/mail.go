package ports

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// A Mailer sends mail to users. Send is safe for concurrent use and honours the context's cancellation. It returns nil
// once the message is handed over to whatever delivers it; an error means that it may or may not have been sent, and
// the caller may try once more. Its errors and logs contain no token, code or link.
//
// The values of a Mail are what a user typed: a Mailer escapes them, and refuses what [Mail.Check] refuses. Its error is
// [ErrInvalid] if another try would fail too, [ErrUnavailable] if a later one may succeed, or the context's own. Package
// mailtext writes the texts; prove an implementation with package mailtest.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// A MailKind says what a [Mail] is for. New kinds may come: a Mailer that does not know one returns [ErrInvalid].
type MailKind string

// The kinds of mail, with the fields of Mail that they use besides To, User and Language.
const (
	MailVerify   MailKind = "verify-email"     // URL, Token, Lifetime: proves that the address is the user's
	MailReset    MailKind = "reset-password"   // URL, Token, Lifetime: sets a new password
	MailChange   MailKind = "change-email"     // URL, Token, Lifetime, NewEmail: goes to the old address, which must agree
	MailDelete   MailKind = "delete-user"      // URL, Token, Lifetime: deletes the account
	MailExisting MailKind = "existing-account" // somebody tried to sign up with the address of an account
	MailLink     MailKind = "magic-link"       // URL, Token, Lifetime: signs in
	MailCode     MailKind = "email-otp"        // Code, Purpose, Lifetime: a code to type
)

// A Mail is one message to one address. It has what the text needs, and no text.
type Mail struct {
	Kind     MailKind
	To       string        // the address, in lower case
	User     User          // whom it concerns; the zero User if nobody has the address yet
	URL      string        // of the link to follow, with its token
	Token    string        // the token of the link, for an application that makes its own links
	Code     string        // what the user types
	Purpose  string        // of the code: "sign-in", "email-verification", "forget-password", "change-email", "two-factor"
	NewEmail string        // the address that a change asks for
	Lifetime time.Duration // how long the link or code works
	Language string        // the request's Accept-Language header, at most 256 bytes; "" if unknown
}

// LogValue keeps links, tokens and codes out of logs.
func (m Mail) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(m.Kind)), slog.String("user_id", m.User.ID))
}

// String keeps links, tokens and codes out of what is printed.
func (m Mail) String() string { return "ports.Mail{Kind: " + string(m.Kind) + "}" }

// GoString keeps links, tokens and codes out of what is printed.
func (m Mail) GoString() string { return m.String() }

// maxAddress is the most bytes of an address (RFC 5321, section 4.5.3.1.3).
const maxAddress = 254

// Check returns an error wrapping [ErrInvalid] unless To is the address of one mailbox, as "ann@example.com": in ASCII,
// without a name, a comment, quotes or spaces. Then it can neither add recipients nor lines to a header.
func (m Mail) Check() error {
	local, domain, _ := strings.Cut(m.To, "@")
	if local == "" || domain == "" || len(m.To) > maxAddress || strings.Contains(domain, "@") || strings.ContainsFunc(m.To, special) {
		return fmt.Errorf("%w: the address of a mail", ErrInvalid)
	}
	return nil
}

// special reports whether a character means something else than itself in a list of addresses or a command.
func special(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("()<>[]:;,\\\"", r) }
