package kernia_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/feature/emailverification"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// countedKV counts the calls of a KV by method.
type countedKV struct {
	ports.KV
	calls *calls
}

func (k countedKV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	k.calls.add("kv find")
	return k.KV.Find(ctx, key)
}

func (k countedKV) Put(ctx context.Context, key string, e ports.Entry) error {
	k.calls.add("kv put")
	return k.KV.Put(ctx, key, e)
}

func (k countedKV) Replace(ctx context.Context, key string, e ports.Entry) (bool, error) {
	k.calls.add("kv replace")
	return k.KV.Replace(ctx, key, e)
}

func (k countedKV) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	k.calls.add("kv take")
	return k.KV.Take(ctx, key)
}

func (k countedKV) Delete(ctx context.Context, keys ...string) error {
	k.calls.add("kv delete")
	return k.KV.Delete(ctx, keys...)
}

// A codeVerifier asks for a proof by a code in the store, in place of a link.
type codeVerifier struct{ calls *calls }

func (v codeVerifier) Declare(d *kernia.Declaration) {
	d.Name("codes")
	codes := kernia.OneTimeOf[string](d, "code", time.Minute)
	d.VerifyBy(func(ctx context.Context, c *kernia.Call, u kernia.User, _ string) error {
		v.calls.add("asked")
		c.Mail(ctx, kernia.Mail{Kind: ports.MailVerify, To: u.Email, User: u, Token: "secret"})
		return codes.Put(ctx, u.Email, u.ID)
	}, true)
}

// evenServer is a server whose work is counted, with a user whose address is verified (proved@) and one whose is not (new@).
func evenServer(t *testing.T, kv ports.KV, features ...kernia.Feature) (*server, *calls, *memory.Mailer) {
	t.Helper()
	count, box := &calls{}, &memory.Mailer{}
	cfg := kernia.Config{Store: countedStore{memory.New(), count}, Hasher: &evenHasher{calls: count}, Mailer: box}
	if kv != nil {
		cfg.KV = countedKV{kv, count}
	}
	s := serve(t, cfg, append([]kernia.Feature{emailpassword.Feature{}, emailverification.Feature{
		Required: true, ChangeEmail: emailverification.ChangeEmail{Enabled: true, Confirm: true},
	}}, features...)...)
	for _, name := range []string{"proved", "new"} {
		s.post("/sign-up/email", `{"name":"x","email":"`+name+`@example.com","password":"password123"}`)
	}
	u, err := s.auth.Users.FindByEmail(t.Context(), "proved@example.com")
	if err != nil || u == nil {
		t.Fatal(u, err)
	}
	if _, first, err := s.auth.Users.Verify(t.Context(), *u); err != nil || !first {
		t.Fatal(first, err)
	}
	count.take()
	return s, count, box
}

// TestF04_RequestsCostAlike: whoever an address belongs to, a request about it has the same answer after the same hashes
// and calls of the store and the KV, whatever proves addresses. Only the mail differs.
func TestF04_RequestsCostAlike(t *testing.T) {
	paths := map[string]string{
		"/sign-in/email":           `,"password":"wrong-password"`,
		"/sign-up/email":           `,"name":"Ann","password":"password123","callbackURL":"/in"`,
		"/request-password-reset":  `,"redirectTo":"/reset"`,
		"/send-verification-email": `,"callbackURL":"/in"`,
	}
	stores := map[string]func() ports.KV{
		"table": func() ports.KV { return nil },
		"KV":    func() ports.KV { return memory.NewKV(memory.KVOptions{Clock: memory.NewClock(noon)}) },
	}
	for path, more := range paths {
		for place, kv := range stores {
			for _, codes := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s of a %s, codes %v", path, place, codes), func(t *testing.T) {
					verifier := codeVerifier{&calls{}}
					var features []kernia.Feature
					if codes {
						features = append(features, verifier)
					}
					s, count, _ := evenServer(t, kv(), features...)
					s.clock.Advance(time.Hour) // the codes of the sign-ups are over, and the next request sweeps
					s.post(path, `{"email":"warm@example.com"`+more+`}`)
					count.take()
					verifier.calls.take()
					want := ""
					for _, name := range []string{"nobody", "new", "proved"} {
						address := name + "@example.com"
						a := s.post(path, `{"email":"`+address+`"`+more+`}`)
						u, _ := a.json["user"].(map[string]any)
						id, _ := u["id"].(string)
						body := strings.NewReplacer(address, "ADDRESS", `"`+id+`"`, "ID").Replace(string(a.Body))
						got := fmt.Sprint(a.Status, body, a.Header, a.Cookies, count.take(), verifier.calls.take())
						if want == "" {
							want = got
						}
						if a.Status != 200 && a.Status != 401 || got != want {
							t.Errorf("%s = %s\nwant %s", name, got, want)
						}
					}
				})
			}
		}
	}
}

// TestF04_MailsOnlyWhoWaits: the work that is done for nobody mails nothing.
func TestF04_MailsOnlyWhoWaits(t *testing.T) {
	for _, features := range [][]kernia.Feature{nil, {codeVerifier{&calls{}}}} {
		s, _, box := evenServer(t, nil, features...)
		for _, name := range []string{"nobody", "new", "proved"} {
			s.post("/send-verification-email", `{"email":"`+name+`@example.com"}`)
		}
		s.post("/sign-up/email", `{"name":"Ann","email":"proved@example.com","password":"password123"}`)
		if err := s.auth.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, m := range box.All() {
			got[string(m.Kind)+" "+m.To]++
		}
		want := map[string]int{"verify-email new@example.com": 2, "verify-email proved@example.com": 1, string(ports.MailExisting) + " proved@example.com": 1}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("mailed %v, want %v", got, want)
		}
	}
}

// TestF04_ChangesCostAlike: a change to a free and to a taken address have the same answer after the same work.
func TestF04_ChangesCostAlike(t *testing.T) {
	s, count, _ := evenServer(t, nil)
	cookie := s.signIn("proved@example.com").cookie()
	ask := func(to string) string {
		count.take()
		a := s.post("/change-email", `{"newEmail":"`+to+`"}`, "Cookie", cookie)
		return fmt.Sprint(a.Status, string(a.Body), a.Header, a.Cookies, count.take())
	}
	if free, taken := ask("free@example.com"), ask("new@example.com"); free != taken || !strings.HasPrefix(free, "200") {
		t.Errorf("a free address = %s\na taken one = %s", free, taken)
	}
}
