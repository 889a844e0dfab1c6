package featuretest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports/memory"
)

// A kit is what one promise is proved with.
type kit struct {
	testing.TB
	options
	feature kernia.Feature
	samples []Sample
}

// stage makes an empty stage for the sample.
func (k *kit) stage(sample *Sample) *Stage {
	k.Helper()
	s := &Stage{TB: k.TB, Input: sample.Input, guest: &guest{}, store: &store{Store: k.open(k.TB)}}
	s.Clock = memory.NewClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)) // a whole second: lost digits show
	s.Auth = kerniatest.New(k.TB, k.settings(s, sample), k.features(sample, s.guest)...)
	s.Page = kerniatest.NewBrowser(k.TB, s.Auth)
	for _, o := range s.Auth.Operations() {
		if o.Name() == sample.Operation {
			s.operation = o
		}
	}
	if s.operation == nil {
		k.Fatalf("there is no operation %q to sample", sample.Operation)
	}
	return s
}

func (k *kit) settings(s *Stage, sample *Sample) kernia.Config {
	cfg := kernia.Config{Mailer: &s.box}
	k.config(&cfg)
	if sample.Config != nil {
		sample.Config(&cfg)
	}
	cfg.Store, cfg.Clock, cfg.Random = s.store, s.Clock, memory.NewPredictableRandom(1)
	cfg.BaseURL, cfg.Secret, cfg.Logger = "", "", slog.New(slog.DiscardHandler)
	return cfg
}

func (k *kit) features(sample *Sample, g *guest) []kernia.Feature {
	feature := k.feature
	if sample.Feature != nil {
		feature = sample.Feature
	}
	return append(slices.Clone(k.with), feature, g)
}

// ready makes a stage for the sample and prepares it.
func (k *kit) ready(sample *Sample) *Stage {
	k.Helper()
	s := k.stage(sample)
	s.prepare(sample)
	return s
}

func (s *Stage) prepare(sample *Sample) {
	s.Helper()
	if sample.Given != nil {
		sample.Given(s)
	}
	if s.operation.Access != kernia.Anyone && s.token() == "" && len(s.Page.Header) == 0 {
		s.Page.SignIn("ann@example.com")
	}
	s.guest.attempts, s.store.sessions, s.store.writes, s.store.calls = nil, 0, 0, 0
}

// Mail returns the oldest mail that it has not returned yet: mail is sent behind the answer, so it waits for one. It
// works unless the sample's Config gives another Mailer.
func (s *Stage) Mail() kernia.Mail {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	m, err := s.box.Next(ctx)
	if err != nil {
		s.Fatal("no mail was sent")
	}
	return m
}

// token returns the token of the page's session, "" where it has none.
func (s *Stage) token() string {
	for name, value := range s.Page.Cookies() {
		if strings.HasSuffix(name, "session_token") {
			text, _ := url.PathUnescape(value)
			token, _, _ := strings.Cut(text, ".")
			return token
		}
	}
	return ""
}

// A result is what a call came to, by HTTP or without.
type result struct {
	status        int
	code, message string
	body          string
	location      string
	cookies       []string
	wait          string // the header Retry-After
}

func (r result) failed() bool { return r.status >= 400 }

// String returns what a failing promise says of the result.
func (r result) String() string { return fmt.Sprintf("%d %.300s", r.status, r.body) }

// is reports whether the result is the error.
func (r result) is(e *kernia.Error) bool {
	return r.status == e.Kind.Status() && r.code == e.Code && r.message == e.Message
}

// beginsSession reports whether the result sets the cookie of a session.
func (r result) beginsSession() bool {
	return slices.ContainsFunc(r.cookies, func(line string) bool {
		name, rest, _ := strings.Cut(line, "=")
		return strings.HasSuffix(name, "session_token") && rest != "" && rest[0] != ';'
	})
}

// do calls the operation with the stage's input: by HTTP where it has a route.
func (s *Stage) do() result {
	s.Helper()
	return s.with(s.members())
}

// with is do with another input.
func (s *Stage) with(in members) result {
	s.Helper()
	if s.operation.Method == "" {
		return s.invoke(in)
	}
	method, path, body := s.operation.Method, s.operation.Path, members{}
	query := url.Values{}
	for name, value := range in {
		switch place(s.operation, name) {
		case "path":
			before, _, _ := strings.Cut(path, ":")
			path = before + url.PathEscape(text(value))
		case "query":
			query.Add(name, text(value))
		default:
			body[name] = value
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if method == "GET" {
		return answered(s.Page.Get(path))
	}
	return answered(s.Page.Post(path, body.text()))
}

func answered(a kerniatest.Answer) result {
	r := result{
		status: a.Status, code: a.Code(), message: a.Text("message"), body: a.Body,
		location: a.Value("Location"), cookies: a.Cookies, wait: a.Value("Retry-After"),
	}
	if a.Text("error") != "" {
		r.code, r.message = a.Text("error"), a.Text("error_description")
	}
	return r
}

// invoke calls the operation without HTTP, for the session of the page.
func (s *Stage) invoke(in members) result {
	s.Helper()
	ctx := kernia.WithClient(s.Context(), kernia.Client{Address: s.Page.Address})
	if token := s.token(); token != "" {
		ctx = kernia.As(ctx, token)
	}
	body, err := kernia.InvokeJSON(ctx, s.Auth, s.operation.Name(), []byte(in.text()))
	if d, ok := errors.AsType[*kernia.Diversion](err); ok {
		text, _ := json.Marshal(d.Answer)
		return result{status: 200, body: string(text)}
	}
	if e, ok := errors.AsType[*kernia.Error](err); ok {
		return result{status: e.Kind.Status(), code: e.Code, message: e.Message, body: e.Error()}
	}
	if err != nil {
		s.Fatalf("%s without HTTP: %v", s.operation.Name(), err)
	}
	return result{status: 200, body: string(body)}
}

// members are the members of an input.
type members map[string]json.RawMessage

// members returns the stage's input.
func (s *Stage) members() members {
	s.Helper()
	in := members{}
	if s.Input == "" {
		return in
	}
	if err := json.Unmarshal([]byte(s.Input), &in); err != nil {
		s.Fatalf("the sample of %s has an input that is no JSON object: %v", s.operation.Name(), err)
	}
	return in
}

func (m members) text() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(m)
	return strings.TrimSpace(b.String())
}

// text returns a JSON string without its quotes, and anything else as it is written.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// added returns the names of what the feature adds to an Auth: its operations and its tables.
func (k *kit) added() (operations []*kernia.Operation, tables []string) {
	k.Helper()
	without, with := &store{Store: k.open(k.TB)}, &store{Store: k.open(k.TB)}
	base := kerniatest.New(k.TB, k.settings(&Stage{store: without}, &Sample{}), append(slices.Clone(k.with), &guest{})...)
	auth := kerniatest.New(k.TB, k.settings(&Stage{store: with}, &Sample{}), k.features(&Sample{}, &guest{})...)
	there := map[string]bool{}
	for _, o := range base.Operations() {
		there[o.Name()] = true
	}
	for _, o := range auth.Operations() {
		if !there[o.Name()] {
			operations = append(operations, o)
		}
	}
	for _, m := range with.models {
		if without.model(m.Name) == nil {
			tables = append(tables, m.Name)
		}
	}
	return operations, tables
}

// each calls f for every sample that succeeds, or of every sample where all is set; name says which one it is.
func (k *kit) each(all bool, f func(sample *Sample, name string)) {
	for i := range k.samples {
		s := &k.samples[i]
		if s.Want == nil {
			f(s, fmt.Sprintf("%s (sample %d)", s.Operation, i))
		} else if all {
			f(s, fmt.Sprintf("%s (sample %d, %s)", s.Operation, i, s.Want.Code))
		}
	}
}
