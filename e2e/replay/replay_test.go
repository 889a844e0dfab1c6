package replay_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

const secret = "compat-test-only-key-not-real-minimum-32chars"

// A world is one server with its store, and what the recording's tokens are called in it.
type world struct {
	t      *testing.T
	url    string
	store  *knowing
	auth   *kernia.Auth
	clock  *memory.Clock
	begins map[string]time.Time // of the recordings' sessions, by token
	tokens map[string]string    // recorded to ours
	codes  chan string          // that were sent to users
	box    *memory.Mailer
	last   string // the token that the last answer set
	host   string // what the recorded server was called
	close  func()
}

// TestReplay sends every recorded request of every file, in order, to every transport.
func TestReplay(t *testing.T) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			for _, group := range groups(t) {
				w := build(t, tr, setups[group[0]], kernia.Argon2id())
				for _, file := range group {
					t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
						w.t = t
						w.play(file, w.judge)
					})
				}
				w.close()
			}
		})
	}
}

// groups lists the recordings by server: those of the core profile have one, as when they were recorded, and each
// other one has its own.
func groups(t *testing.T) [][]string {
	t.Helper()
	out := [][]string{nil}
	for _, file := range files(t) {
		s, ok := setups[file]
		switch {
		case !ok:
			t.Errorf("no set-up for %s: replay it or say in exceptions why not", file)
		case s.options == "": // the core profile
			out[0] = append(out[0], file)
		default:
			out = append(out, []string{file})
		}
	}
	return out
}

func build(t *testing.T, tr transport, s setup, hasher ports.PasswordHasher) *world {
	t.Helper()
	cfg, features := configured(t, s.options)
	store, clock := &knowing{Store: memory.New()}, memory.NewClock(began)
	w := &world{t: t, store: store, clock: clock, begins: begins(t), tokens: map[string]string{}, codes: make(chan string, 16), box: &memory.Mailer{}}
	for i, f := range features {
		if s.feature != nil {
			features[i] = s.feature(w, f)
		}
	}
	cfg.Store, cfg.Secret, cfg.Clock = store, secret, clock
	cfg.Random, cfg.Hasher, cfg.Timeout = memory.NewPredictableRandom(7), hasher, time.Minute
	// The recorded server believed X-Forwarded-For from everybody.
	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Mailer = w.box
	if s.config != nil {
		s.config(&cfg)
	}
	if !cfg.RateLimit.Enabled {
		cfg.RateLimit.Disabled = true
	}
	if cfg.TrustedOrigins == nil {
		cfg.TrustedOrigins = []string{"http://app.example.com", "myapp://", "https://*.trusted.dev"}
	}
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Migrate(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	base, stop := tr.serve(t, auth)
	w.url, w.auth, w.close = base, auth, stop
	return w
}

// play sends the requests of a recording at the times of the recording, and hands each answer to hear.
func (w *world) play(file string, hear func(key string, e *exchange, a answer)) {
	w.t.Helper()
	seen := map[string]int{}
	name := strings.TrimSuffix(file, ".json")
	r := read(w.t, file)
	_, w.host, _ = strings.Cut(r.Profile.BaseURL, "://")
	for _, e := range r.Exchanges {
		if e.Note {
			w.readMail(&e)
			continue
		}
		key := e.Name
		if seen[e.Name]++; seen[e.Name] > 1 {
			key += fmt.Sprintf("#%d", seen[e.Name])
		}
		if step := setups[file].before[key]; step != nil {
			step(w)
		}
		w.keepTime(&e)
		a := w.send(&e)
		w.learn(e.Response.Cookies, a.header["Set-Cookie"])
		w.learnSecrets(e.Response.Body, a.body)
		hear(name+"/"+key, &e, a)
	}
}

// judge compares an answer with the recorded one.
func (w *world) judge(key string, e *exchange, a answer) {
	w.t.Helper()
	why, excepted := except(key)
	if excepted && why.skip {
		return
	}
	diff := w.compare(e, a)
	switch {
	case excepted && len(diff) == 0:
		w.t.Errorf("%s: is an exception and answers as recorded: delete it from the list", key)
	case excepted:
		if got := strings.Join(diff, "\n"); !strings.Contains(got, why.differs) {
			w.t.Errorf("%s: differs otherwise than the exception says (%q):\n%s", key, why.differs, got)
		}
	case len(diff) > 0:
		w.t.Errorf("%s:\n\t%s", key, strings.Join(diff, "\n\t"))
	}
}

// An answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends the request of an exchange, with this world's tokens in it.
func (w *world) send(e *exchange) answer {
	w.t.Helper()
	body := ""
	if e.Request.Body != nil {
		body = whole(w.own(*e.Request.Body))
	}
	req, err := http.NewRequestWithContext(w.t.Context(), e.Request.Method, w.url+w.own(e.Request.Path), strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body == "" {
		req.Body = nil
	}
	req.Host = w.host
	if w.host == "" {
		_, req.Host, _ = strings.Cut(e.Request.Headers["origin"], "://")
	}
	for name, value := range e.Request.Headers {
		if name == "host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, w.own(value))
	}
	if _, ok := e.Request.Headers["user-agent"]; !ok {
		req.Header.Set("User-Agent", "")
	}
	return w.do(req)
}

// do sends a request, follows no redirect and reads the answer.
func (w *world) do(req *http.Request) answer {
	w.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: time.Minute}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

// whole gives a body that was recorded in part, with its length, that length again.
func whole(body string) string {
	head, tail, cut := strings.Cut(body, "…(")
	digits, _, _ := strings.Cut(tail, " bytes)")
	n, err := strconv.Atoi(digits)
	if !cut || err != nil {
		return body
	}
	return head + strings.Repeat("x", n-len(head)-2) + `"}`
}

func (w *world) compare(e *exchange, a answer) []string {
	if !strings.HasPrefix(e.Request.Path, w.auth.BasePath()+"/") {
		// Outside of the routes the framework answers, in its own words.
		if a.status != e.Response.Status {
			return []string{fmt.Sprintf("status: got %d, want %d", a.status, e.Response.Status)}
		}
		return nil
	}
	var diff []string
	if a.status != e.Response.Status {
		diff = append(diff, fmt.Sprintf("status: got %d, want %d: %s", a.status, e.Response.Status, a.body))
	}
	for _, h := range e.Response.Headers {
		if n := len(a.header.Values(h[0])); n != 1 {
			diff = append(diff, fmt.Sprintf("header %s comes %d times", h[0], n))
		}
		if h[0] == "set-auth-token" {
			continue
		}
		if g := a.header.Get(h[0]); g != h[1] && g != w.own(h[1]) {
			diff = append(diff, fmt.Sprintf("header %s: got %q, want %q", h[0], g, h[1]))
		}
	}
	if e.header("content-type") == "" && a.header.Get("Content-Type") != "" {
		diff = append(diff, "content-type: got "+a.header.Get("Content-Type")+", want none")
	}
	if e.header("location") == "" && a.header.Get("Location") != "" {
		diff = append(diff, "location: got "+a.header.Get("Location")+", want none")
	}
	diff = append(diff, compareCookies(e.Response.Cookies, a.header["Set-Cookie"])...)
	return append(diff, compareBody(w.own(e.Response.Body), a.body)...)
}

// learn connects the recording's tokens with ours.
func (w *world) learn(recorded, ours []string) {
	for i := range min(len(recorded), len(ours)) {
		r, _ := tokenOf(recorded[i])
		g, session := tokenOf(ours[i])
		if r != "" && g != "" {
			w.tokens[r] = g
		}
		if session && g != "" {
			w.last = g
		}
		if r, g := cachedIn(recorded[i]), cachedIn(ours[i]); r != "" && g != "" {
			w.tokens[r] = g
		}
	}
}

// tokenOf returns the token in a cookie that keeps one, and whether it is a session's.
func tokenOf(cookie string) (token string, session bool) {
	pair, _, _ := strings.Cut(cookie, ";")
	name, value, _ := strings.Cut(pair, "=")
	session = strings.HasSuffix(name, "session_token")
	if session || strings.HasSuffix(name, "two_factor") || strings.HasSuffix(name, "trust_device") {
		token, _, _ = strings.Cut(value, ".")
	}
	return token, session
}

// cachedIn returns the value of a cookie that caches a session, or of a part of one.
func cachedIn(cookie string) string {
	pair, _, _ := strings.Cut(cookie, ";")
	name, value, _ := strings.Cut(pair, "=")
	if !strings.Contains(name, "session_data") {
		return ""
	}
	return value
}

// learnSecrets connects the secrets of second factors in the bodies of two answers.
func (w *world) learnSecrets(recorded, ours string) {
	var r, g struct {
		TOTPURI     string
		BackupCodes []string
	}
	if json.Unmarshal([]byte(recorded), &r) != nil || json.Unmarshal([]byte(ours), &g) != nil {
		return
	}
	for i := range min(len(r.BackupCodes), len(g.BackupCodes)) {
		w.tokens[r.BackupCodes[i]] = g.BackupCodes[i]
	}
	if s := secretOf(r.TOTPURI); s != "" {
		w.tokens[s] = secretOf(g.TOTPURI)
	}
}

func secretOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Query().Get("secret")
}

func sign(value string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(value))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// own replaces the recording's tokens in s by ours, with their signatures in each spelling.
func (w *world) own(s string) string {
	for recorded, ours := range w.tokens {
		s = strings.ReplaceAll(s, recorded+"."+url.QueryEscape(sign(recorded)), ours+"."+url.QueryEscape(sign(ours)))
		s = strings.ReplaceAll(s, recorded+"."+sign(recorded), ours+"."+sign(ours))
		s = strings.ReplaceAll(s, recorded, ours)
	}
	return s
}

// server runs a handler and returns its URL.
func server(t *testing.T, h http.Handler) (string, func()) {
	t.Helper()
	s := httptest.NewServer(h)
	return s.URL, s.Close
}
