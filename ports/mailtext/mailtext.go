// Package mailtext writes the texts of mails to users: a subject, a plain text and HTML for every [ports.MailKind]. English
// is built in; an application can replace each text and add languages.
//
// What users typed cannot do harm: control characters become spaces, HTML is escaped, and a name that looks like a link
// is left out, so that nobody can sign up with the address of another person and send them an advertisement.
package mailtext

import (
	"errors"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// Options are the settings of [New]. The zero Options are English without the name of an application.
type Options struct {
	App string // the application's name in subjects and texts; "" leaves it out

	// Languages has the templates of each language by its tag, as "de" or "pt-BR". Those of "en" replace the built-in
	// ones. A kind that a language lacks is written in Default, and else in English.
	Languages map[string]Templates

	// Default is the language for users whose browser asks for none of Languages; "" means "en". Where it is another
	// one, English is offered only if Languages has it.
	Default string
}

// Templates are the templates of one language.
type Templates map[ports.MailKind]Template

// A Template makes one kind of mail of a [Data].
type Template struct {
	Subject string // a text/template; one line

	// Text is a text/template for the plain text, in which an empty line ends a paragraph.
	Text string

	// Action is what the link says in HTML, as "Set a new password"; "" shows the link itself.
	Action string

	// HTML is a html/template for a page of your own. "" makes HTML of Text: a paragraph that is the link or the code alone
	// becomes a button or a large line.
	HTML string
}

// A Message is a mail as it is sent.
type Message struct {
	Subject string // one line, without control characters
	Text    string // lines end with "\n"
	HTML    string
}

// Texts are templates that are ready to use. They are safe for concurrent use.
type Texts struct {
	app       string
	fallback  string
	languages map[string]map[ports.MailKind]*compiled // by tags in lower case
	offered   []string                                // those that a browser may choose, in lower case
	tags      map[string]string                       // as they were given, by their lower case
}

// A compiled is a Template after parsing.
type compiled struct {
	subject, text *texttemplate.Template
	html          *template.Template // nil for the layout
	action        string
}

// New returns Texts. Errors, which wrap [ports.ErrInvalid], name the language and the kind of a template that lacks a
// subject or a text, cannot be parsed, or uses what a Data does not have.
func New(o Options) (*Texts, error) {
	t := &Texts{app: line(o.App), fallback: lower(o.Default), languages: map[string]map[ports.MailKind]*compiled{}, tags: map[string]string{}}
	if t.fallback == "" {
		t.fallback = builtIn
	}
	if err := t.add(builtIn, english); err != nil {
		return nil, err
	}
	for tag, templates := range o.Languages {
		if err := t.add(tag, templates); err != nil {
			return nil, err
		}
		t.offered = append(t.offered, lower(tag))
	}
	if t.languages[t.fallback] == nil {
		return nil, fmt.Errorf("mailtext: %w: there are no texts in the default language %q", ports.ErrInvalid, o.Default)
	}
	if !slices.Contains(t.offered, t.fallback) {
		t.offered = append(t.offered, t.fallback)
	}
	slices.Sort(t.offered)
	return t, nil
}

func (t *Texts) add(tag string, templates Templates) error {
	key := lower(tag)
	if t.languages[key] == nil {
		t.languages[key], t.tags[key] = map[ports.MailKind]*compiled{}, tag
	}
	for _, kind := range slices.Sorted(maps.Keys(templates)) {
		c, err := compile(templates[kind])
		if err != nil {
			return fmt.Errorf("mailtext: %w: the template of %s in %q: %w", ports.ErrInvalid, kind, tag, err)
		}
		t.languages[key][kind] = c
	}
	return nil
}

func compile(from Template) (*compiled, error) {
	c := &compiled{action: from.Action}
	var err error
	if from.Subject == "" || from.Text == "" {
		return nil, errors.New("it lacks a subject or a text")
	}
	if c.subject, err = texttemplate.New("subject").Parse(from.Subject); err != nil {
		return nil, err
	}
	if c.text, err = texttemplate.New("text").Parse(from.Text); err != nil {
		return nil, err
	}
	if from.HTML != "" {
		if c.html, err = template.New("html").Parse(from.HTML); err != nil {
			return nil, err
		}
	}
	for _, d := range samples {
		if _, err := c.render(d); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// samples show at start what would fail with the first mail.
//
//nolint:gochecknoglobals // nothing changes them
var samples = []Data{{}, {App: "a", Name: "n", To: "t", NewEmail: "e", Link: "https://l", Token: "t", Code: "c", Purpose: "p", Language: "en", Lifetime: time.Hour}}

// Render writes m in the language that it asks for. It wraps [ports.ErrInvalid] if there is no template for the kind, if
// the link is not an absolute http or https URL, or if a mail that is built in lacks its link or code. Errors contain
// nothing of m but its kind.
func (t *Texts) Render(m ports.Mail) (Message, error) {
	if err := check(m); err != nil {
		return Message{}, fmt.Errorf("mailtext: %w: %s: %w", ports.ErrInvalid, m.Kind, err)
	}
	tag, c := t.find(m)
	if c == nil {
		return Message{}, fmt.Errorf("mailtext: %w: there is no template for mail of kind %q", ports.ErrInvalid, m.Kind)
	}
	message, err := c.render(t.data(m, t.tags[tag]))
	if err != nil { // the cause may quote what is secret
		return Message{}, fmt.Errorf("mailtext: %w: the template of %s in %q cannot be executed", ports.ErrInvalid, m.Kind, t.tags[tag])
	}
	return message, nil
}

// find returns the template for m and the language that it is in.
func (t *Texts) find(m ports.Mail) (tag string, c *compiled) {
	for _, tag := range []string{match(m.Language, t.offered), t.fallback, builtIn} {
		if c := t.languages[tag][m.Kind]; c != nil {
			return tag, c
		}
	}
	return "", nil
}

func (c *compiled) render(d Data) (Message, error) {
	var subject, text, html strings.Builder
	if err := c.subject.Execute(&subject, d); err != nil {
		return Message{}, err
	}
	if err := c.text.Execute(&text, d); err != nil {
		return Message{}, err
	}
	m := Message{Subject: line(subject.String()), Text: strings.TrimSpace(strings.ReplaceAll(text.String(), "\r\n", "\n")) + "\n"}
	var err error
	if c.html != nil {
		err = c.html.Execute(&html, d)
	} else {
		err = layout.Execute(&html, page{Data: d, Subject: m.Subject, Paragraphs: paragraphs(m.Text, d, c.action)})
	}
	m.HTML = html.String()
	return m, err
}
