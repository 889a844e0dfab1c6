package client_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/kernia-go/kernia/e2e/internal/servers"
)

// TestKilledMidLoad runs two servers on one Postgres and one Redis and kills one while people sign up on both: whoever
// was answered with success is there, signed in, on the other.
func TestKilledMidLoad(t *testing.T) {
	common := config{
		"store": postgres.config(t), "redis": config{"url": servers.URL(t, "KERNIA_TEST_REDIS_URL")},
		"session": config{"storeSessionInDatabase": true}, "password": config{"hasher": "argon2id"}, "plugins": config{"bearer": config{}},
	}
	var urls []string
	var servers []*server
	for i := range 2 {
		addr, url := place(t)
		s := configure(t, addr, url, common)
		if i == 0 {
			s.migrate(t)
		}
		s.serve(t)
		urls, servers = append(urls, url), append(servers, s)
	}
	var mu sync.Mutex
	tokens := map[string]string{} // of who was answered with success, by address
	onDoomed := 0
	stop := make(chan struct{})
	var load sync.WaitGroup
	for worker := range 8 {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				email := fmt.Sprintf("w%d-n%d@example.com", worker, n)
				token, err := signUp(urls[worker%2], email)
				if err != nil {
					return // killed
				}
				mu.Lock()
				tokens[email] = token
				onDoomed += worker % 2
				mu.Unlock()
			}
		})
	}
	time.Sleep(2 * time.Second) // of load
	servers[1].kill()
	time.Sleep(time.Second)
	close(stop)
	load.Wait()
	if onDoomed == 0 || len(tokens) == onDoomed {
		t.Fatalf("%d sign-ups, %d of them on the server that was killed: the test proves nothing", len(tokens), onDoomed)
	}
	t.Logf("%d sign-ups were answered, %d of them by the server that was killed", len(tokens), onDoomed)
	for email, token := range tokens {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, urls[0]+"/api/auth/get-session", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		var seen struct{ User struct{ Email string } }
		if err := answered(req, &seen); err != nil || seen.User.Email != email {
			t.Errorf("%s was signed up and is %q on the other server: %v", email, seen.User.Email, err)
		}
	}
}

func signUp(url, email string) (token string, err error) {
	body, err := json.Marshal(map[string]string{"name": "A", "email": email, "password": "password123"})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest(http.MethodPost, url+"/api/auth/sign-up/email", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	var out struct{ Token string }
	err = answered(req, &out)
	return out.Token, err
}

// answered sends req and decodes the answer, which must be a success.
func answered(req *http.Request, into any) error {
	res, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return json.NewDecoder(res.Body).Decode(into)
}
