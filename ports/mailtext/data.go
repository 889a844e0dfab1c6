package mailtext

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kernia-go/kernia/ports"
)

// maxName is the most characters of a name that is used as a salutation.
const maxName = 64

// Data is what a [Template] can use. Its strings are one line each and contain no control characters.
type Data struct {
	App      string // Options.App
	Name     string // the user's name; "" if there is none, or if it is long or looks like a link
	To       string // the address that the mail goes to
	NewEmail string // the address that a change asks for
	Link     string // the link to follow
	Token    string // the token of the link
	Code     string // the code to type
	Purpose  string // of the code, as in ports.Mail
	Language string // the tag of the template's language
	Lifetime time.Duration
}

// Lasts says how long the link or code works, in the largest unit that needs no fraction, as "1 hour" or "90 minutes". It
// takes the words for one and several minutes, hours and days: Lasts "minute" "minutes" "hour" "hours" "day" "days".
func (d Data) Lasts(words ...string) (string, error) {
	if len(words) != 6 {
		return "", errors.New("Lasts takes six words")
	}
	unit, at := time.Minute, 0
	switch {
	case d.Lifetime >= 24*time.Hour && d.Lifetime%(24*time.Hour) == 0:
		unit, at = 24*time.Hour, 4
	case d.Lifetime >= time.Hour && d.Lifetime%time.Hour == 0:
		unit, at = time.Hour, 2
	}
	n := max(1, d.Lifetime/unit)
	if n != 1 {
		at++
	}
	return fmt.Sprintf("%d %s", n, words[at]), nil
}

func (t *Texts) data(m ports.Mail, tag string) Data {
	return Data{
		App: t.app, Name: salutation(m.User.Name), To: line(m.To), NewEmail: line(m.NewEmail), Link: line(m.URL), Token: line(m.Token),
		Code: line(m.Code), Purpose: line(m.Purpose), Language: tag, Lifetime: m.Lifetime,
	}
}

// check refuses a mail without what its text is about, and a link that a page must not follow.
func check(m ports.Mail) error {
	switch m.Kind {
	case ports.MailVerify, ports.MailReset, ports.MailChange, ports.MailDelete, ports.MailLink:
		if m.URL == "" {
			return errors.New("the link is missing")
		}
	case ports.MailCode:
		if m.Code == "" {
			return errors.New("the code is missing")
		}
	case ports.MailExisting:
	}
	if m.URL == "" {
		return nil
	}
	u, err := url.Parse(m.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsFunc(m.URL, unfit) {
		return errors.New("the link is not an http or https URL")
	}
	return nil
}

// unfit reports whether a character cannot be in a URL that stands in a text.
func unfit(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError }

// line returns s as one line: control characters, line separators and marks that turn the direction of text become spaces.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// domain finds what mail programs turn into a link although it has no scheme.
var domain = regexp.MustCompile(`[.\x{3002}\x{ff0e}\x{ff61}]\pL{2}`)

// salutation returns a name as a greeting uses it.
func salutation(name string) string {
	name = line(name)
	if utf8.RuneCountInString(name) > maxName || strings.ContainsAny(name, `/\@:`) || domain.MatchString(name) {
		return ""
	}
	return name
}
