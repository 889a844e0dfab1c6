package mailtext_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtext"
)

const link = "https://example.com/api/auth/verify-email?token=t0ken&callbackURL=%2Fin"

// sample returns a mail of the kind, with all that such a mail has.
func sample(kind ports.MailKind) ports.Mail {
	m := ports.Mail{Kind: kind, To: "ann@example.com", User: ports.User{Name: "Ann", Email: "ann@example.com"}, Lifetime: time.Hour}
	switch kind {
	case ports.MailCode:
		m.Code, m.Purpose, m.Lifetime = "123456", "sign-in", 5*time.Minute
	case ports.MailExisting:
	default:
		m.URL, m.Token = link, "t0ken"
	}
	if kind == ports.MailChange {
		m.NewEmail = "new@example.com"
	}
	return m
}

var kinds = []ports.MailKind{
	ports.MailVerify, ports.MailReset, ports.MailChange, ports.MailDelete, ports.MailExisting, ports.MailLink, ports.MailCode,
}

func build(t *testing.T, o mailtext.Options) *mailtext.Texts {
	t.Helper()
	texts, err := mailtext.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func render(t *testing.T, texts *mailtext.Texts, m ports.Mail) mailtext.Message {
	t.Helper()
	message, err := texts.Render(m)
	if err != nil {
		t.Fatalf("Render of %s: %v", m.Kind, err)
	}
	return message
}

var tag = regexp.MustCompile(`<[^>]*>`)

func TestDefaults(t *testing.T) {
	texts := build(t, mailtext.Options{App: "Example"})
	for _, kind := range kinds {
		m := sample(kind)
		got := render(t, texts, m)
		wants := []string{"Hello", "If "}
		if m.URL != "" {
			wants = append(wants, "\n\n"+link+"\n\n", "works for 1 hour")
			if !strings.Contains(got.HTML, `href="`+strings.ReplaceAll(link, "&", "&amp;")+`"`) {
				t.Errorf("%s: the HTML has no link:\n%s", kind, got.HTML)
			}
		}
		if m.Code != "" {
			wants = append(wants, "\n\n123456\n\n", "works for 5 minutes")
			if !strings.Contains(got.HTML, ">123456</p>") {
				t.Errorf("%s: the HTML has no code:\n%s", kind, got.HTML)
			}
		}
		if kind == ports.MailChange {
			wants = append(wants, "new@example.com")
		}
		for _, want := range wants {
			if !strings.Contains(got.Text, want) {
				t.Errorf("%s: the text lacks %q:\n%s", kind, want, got.Text)
			}
		}
		if !strings.Contains(got.Subject, "Example") || !strings.Contains(got.HTML, "<title>"+got.Subject+"</title>") {
			t.Errorf("%s: the subject is %q, the HTML:\n%s", kind, got.Subject, got.HTML)
		}
		if plain := tag.ReplaceAllString(got.HTML, ""); strings.Contains(got.Text+plain, "{{") || strings.Contains(got.Text, "<") || strings.Contains(got.Text, "  ") {
			t.Errorf("%s: the text is\n%s", kind, got.Text)
		}
		bare := render(t, build(t, mailtext.Options{}), m)
		if strings.Contains(bare.Subject+bare.Text, "Example") || strings.HasSuffix(bare.Subject, " ") || strings.Contains(bare.Text, " .") {
			t.Errorf("%s: without an application's name it is %q\n%s", kind, bare.Subject, bare.Text)
		}
	}
}

// TestF10_Texts: what users typed stays what it is, text within one line.
func TestF10_Texts(t *testing.T) {
	const injected = "x\r\nBcc: eve@example.com\u2028\u2029\x00\x85\u0085\u202e"
	for _, typed := range []string{`<b>Ann`, `"><img src=x onerror=alert(1)>`, `<script>alert(1)<`, `' onmouseover='x`, `{{.Code}}`, injected} {
		texts := build(t, mailtext.Options{App: typed, Languages: map[string]mailtext.Templates{"en": {
			"own": {Subject: "{{.Name}}\n{{.NewEmail}}", Text: "{{.Name}}\n{{.NewEmail}} {{.Purpose}}", HTML: `<p title="{{.Name}}">{{.NewEmail}}</p><a href="{{.Link}}">{{.Purpose}}</a>`},
		}}})
		for _, kind := range append(kinds, "own") {
			m := sample(kind)
			m.User.Name, m.NewEmail, m.Purpose = typed, typed, typed
			m.To = typed
			got := render(t, texts, m)
			if strings.ContainsAny(got.Subject, "\r\n\x00\u0085\u2028\u2029\u202e") || strings.ContainsAny(got.Text, "\r\x00\u0085\u2028\u2029\u202e") || strings.Contains(got.Text, "\nBcc") {
				t.Errorf("%s of %q: subject %q, text %q", kind, typed, got.Subject, got.Text)
			}
			plain := render(t, texts, sample(kind))
			if a, b := shape(got.HTML), shape(plain.HTML); a != b {
				t.Errorf("%s of %q: the elements of the HTML are %s, want %s", kind, typed, a, b)
			}
		}
	}
}

// shape is the sequence of a page's elements and their attributes' names.
func shape(html string) string {
	var b strings.Builder
	for _, element := range tag.FindAllString(html, -1) {
		b.WriteString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(element, `""`))
	}
	return b.String()
}

// TestF10_Names: nobody sends advertisements in the name of a user.
func TestF10_Names(t *testing.T) {
	texts := build(t, mailtext.Options{})
	for name, greeting := range map[string]string{
		"Ann": "Hello Ann,", "": "Hello,", "  Ann \t": "Hello Ann,", "J. R. Smith": "Hello J. R. Smith,", "Zoë O'Neil-Öz": "Hello Zoë O'Neil-Öz,",
		"you won, see https://evil.example/x": "Hello,", "visit evil.example now": "Hello,", "www.evil": "Hello,", "evil。com": "Hello,",
		"mail eve@evil": "Hello,", strings.Repeat("buy ", 20): "Hello,", "a\r\n\r\nhttps:evil": "Hello,", `\\evil`: "Hello,",
	} {
		m := sample(ports.MailVerify)
		m.User.Name = name
		if got := render(t, texts, m); !strings.HasPrefix(got.Text, greeting+"\n") {
			t.Errorf("%q is greeted %q, want %q", name, strings.SplitN(got.Text, "\n", 2)[0], greeting)
		}
	}
	m := sample(ports.MailExisting)
	m.User.Name = "Eve"
	if got := render(t, texts, m); strings.Contains(got.Text+got.HTML, "Eve") {
		t.Errorf("the notice for the holder of an account greets by the name that somebody else typed:\n%s", got.Text)
	}
}

func TestLinks(t *testing.T) {
	texts := build(t, mailtext.Options{})
	for _, bad := range []string{
		"", "javascript:alert(1)//t0ken", "/verify?token=t0ken", "//evil.example/t0ken", "data:text/html,t0ken", "https:t0ken", "https://",
		"https://example.com/\r\nt0ken", "https://example.com/ t0ken", "https://example.com/\u2028t0ken", "https://exa mple.com/%zz",
	} {
		m := sample(ports.MailReset)
		m.URL = bad
		got, err := texts.Render(m)
		if !errors.Is(err, ports.ErrInvalid) || got != (mailtext.Message{}) || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("the link %q gives %q, %v, want ErrInvalid without the link", bad, got.Text, err)
		}
	}
	m := sample(ports.MailReset)
	m.URL = `https://example.com/?a="><b>&c='`
	if got := render(t, texts, m); strings.Contains(got.HTML, "<b>") || !strings.Contains(got.Text, m.URL) {
		t.Errorf("the link %q makes\n%s", m.URL, got.HTML)
	}
	for _, m := range []ports.Mail{{Kind: ports.MailCode, Lifetime: time.Hour}, {Kind: "unknown"}, {}} {
		if _, err := texts.Render(m); !errors.Is(err, ports.ErrInvalid) {
			t.Errorf("Render(%v) = %v, want ErrInvalid", m, err)
		}
	}
}

func TestLanguages(t *testing.T) {
	of := func(subject string) mailtext.Templates {
		return mailtext.Templates{ports.MailReset: {Subject: subject, Text: "{{.Language}}"}}
	}
	all := map[string]mailtext.Templates{"de": of("de"), "pt": of("pt"), "pt-BR": of("pt-BR"), "zh-Hant": of("zh-Hant")}
	with := func(fallback string, wants map[string]string) {
		t.Helper()
		texts := build(t, mailtext.Options{Languages: all, Default: fallback})
		for header, want := range wants {
			m := sample(ports.MailReset)
			m.Language = header
			if got := render(t, texts, m); got.Subject != want {
				t.Errorf("Default %q, %q: the language is %q, want %q", fallback, header, got.Subject, want)
			}
		}
	}
	const english = "Reset your password"
	with("", map[string]string{
		"": english, "de": "de", "DE": "de", "de-CH": "de", "de-CH-1996,en": "de", "fr": english, "fr,de;q=0.5": "de", "de;q=0.3,pt;q=0.9": "pt",
		"pt-BR,pt;q=0.9": "pt-BR", "pt-PT": "pt", "zh-Hant-TW": "zh-Hant", "zh": english, "en-GB,de;q=0.9": english, "de;q=0,pt": "pt", "*": english,
		"*;q=0.5, de;q=0.1": "de", "d": english, "-": english, ";q=1": english, "de;q=x": english, "de;level=1": english, ",,de": "de", "de ; q=1": "de",
		strings.Repeat("x-", 128): english,
	})
	with("de", map[string]string{"": "de", "fr": "de", "en": "de", "pt": "pt"})
	m := sample(ports.MailVerify)
	m.Language = "de"
	if got := render(t, build(t, mailtext.Options{Languages: all, Default: "pt"}), m); got.Subject != "Confirm your e-mail address" || !strings.Contains(got.HTML, `<html lang="en"`) {
		t.Errorf("a kind that neither language has is written as %q\n%s", got.Subject, got.HTML)
	}
	m = sample(ports.MailReset)
	m.Language = "pt-br"
	if got := render(t, build(t, mailtext.Options{Languages: all}), m); got.Text != "pt-BR\n" {
		t.Errorf("the tag is %q, want it as it was given", got.Text)
	}
	if got := render(t, build(t, mailtext.Options{Languages: map[string]mailtext.Templates{"EN": of("mine")}}), sample(ports.MailReset)); got.Subject != "mine" {
		t.Errorf("a replaced text has the subject %q", got.Subject)
	}
}

func TestMistakes(t *testing.T) {
	for what, o := range map[string]mailtext.Options{
		"no such default": {Default: "de"},
		"no text":         {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "x"}}}},
		"no subject":      {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Text: "x"}}}},
		"syntax":          {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "x", Text: "{{"}}}},
		"syntax, subject": {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "{{", Text: "x"}}}},
		"syntax, HTML":    {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "x", Text: "x", HTML: "{{"}}}},
		"field":           {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "x", Text: "{{.URL}}"}}}},
		"field, HTML":     {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "x", Text: "x", HTML: "{{.URL}}"}}}},
		"words":           {Languages: map[string]mailtext.Templates{"de": {ports.MailReset: {Subject: "x", Text: `{{.Lasts "Stunde"}}`}}}},
	} {
		_, err := mailtext.New(o)
		if !errors.Is(err, ports.ErrInvalid) || !strings.Contains(err.Error(), `"de"`) {
			t.Errorf("%s: New = %v, want ErrInvalid that names the language", what, err)
		}
	}
}

func TestLasts(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "1 m", time.Minute: "1 m", 90 * time.Second: "1 m", 5 * time.Minute: "5 mm", 59 * time.Minute: "59 mm", time.Hour: "1 h",
		90 * time.Minute: "90 mm", 2 * time.Hour: "2 hh", 24 * time.Hour: "1 d", 36 * time.Hour: "36 hh", 72 * time.Hour: "3 dd",
	} {
		if got, err := (mailtext.Data{Lifetime: d}).Lasts("m", "mm", "h", "hh", "d", "dd"); got != want || err != nil {
			t.Errorf("%v lasts %q, %v, want %q", d, got, err, want)
		}
	}
}

func TestConcurrency(t *testing.T) {
	texts := build(t, mailtext.Options{})
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			m := sample(ports.MailReset)
			m.URL = fmt.Sprintf("https://example.com/%d", i)
			if got, err := texts.Render(m); err != nil || !strings.Contains(got.Text, m.URL+"\n") || !strings.Contains(got.HTML, m.URL+`"`) {
				t.Errorf("the mail with %s is %q, %v", m.URL, got.Text, err)
			}
		})
	}
	wait.Wait()
}
