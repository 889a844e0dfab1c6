package kerniamongo_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
)

// A line is a TCP connection to the server that a test can cut, hold and mend.
type line struct {
	to, addr string
	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	held     chan struct{} // while not nil nothing passes
}

func newLine(t *testing.T) *line {
	t.Helper()
	u, err := url.Parse(server.uri)
	if err != nil || strings.Contains(u.Host, ",") || u.User != nil {
		t.Skipf("outages need a server without a password and with one address, which KERNIA_TEST_MONGO_URL does not name")
	}
	n := &line{to: u.Host, addr: "127.0.0.1:0"}
	n.mend(t)
	t.Cleanup(n.cut)
	return n
}

// mend listens, at the same address as before.
func (n *line) mend(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", n.addr)
	if err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listener, n.addr = l, l.Addr().String()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", n.to)
			if err != nil {
				c.Close()
				continue
			}
			n.mu.Lock()
			n.conns = append(n.conns, c, s)
			n.mu.Unlock()
			go n.pass(c, s)
			go n.pass(s, c)
		}
	}()
}

func (n *line) pass(from, to net.Conn) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		k, err := from.Read(buf)
		n.mu.Lock()
		held := n.held
		n.mu.Unlock()
		if held != nil {
			<-held
		}
		if _, werr := to.Write(buf[:k]); err != nil || werr != nil {
			return
		}
	}
}

// cut ends all connections and refuses new ones.
func (n *line) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listener.Close()
	for _, c := range n.conns {
		c.Close()
	}
	n.conns = nil
	if n.held != nil {
		close(n.held)
		n.held = nil
	}
}

func (n *line) hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = make(chan struct{})
}

func (n *line) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.held)
	n.held = nil
}

// TestOutage takes the server away.
func TestOutage(t *testing.T) {
	_, db := fresh(t)
	n := newLine(t)
	store, err := kerniamongo.Open(t.Context(), "mongodb://"+n.addr+"/?heartbeatFrequencyMS=500", db.Name(), kerniamongo.Options{Timeout: 400 * time.Millisecond, KeepExpired: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ms := newModels(ports.IDText)
	must(store.Migrate(t.Context(), ms.all(), true))(t)
	must(store.Create(t.Context(), ms.user, newUser("u", "u@x")))(t)
	calls := everyCall(store, ms)
	down := func(t *testing.T) {
		t.Helper()
		for verb, call := range calls {
			start := time.Now()
			if err := call(t.Context()); !errors.Is(err, ports.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v, want ErrUnavailable and no deadline of the caller's", verb, err)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("%s took %v, with a limit of 400 ms", verb, d)
			}
		}
	}
	up := func(t *testing.T) {
		t.Helper()
		var err error
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			if err = store.Ping(t.Context()); err == nil {
				break
			}
			time.Sleep(20 * time.Millisecond) // a real server comes back in its own time
		}
		if err != nil {
			t.Fatalf("Ping = %v, long after the server is back", err)
		}
		if found, err := store.Find(t.Context(), &ports.Query{Model: ms.user, Limit: 1}, nil); err != nil || len(found) != 1 {
			t.Errorf("Find = %d records, %v, want the one from before", len(found), err)
		}
	}
	t.Run("IsUnavailableWhileCutOff", func(t *testing.T) {
		n.cut()
		down(t)
	})
	t.Run("ResumesAfterwards", func(t *testing.T) {
		n.mend(t)
		up(t)
	})
	t.Run("IsUnavailableWhileNothingAnswers", func(t *testing.T) {
		n.hold()
		down(t)
	})
	t.Run("EndsAtTheCallersDeadline", func(t *testing.T) {
		for verb, call := range calls {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			start := time.Now()
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v, want the caller's deadline", verb, err)
			}
			if d := time.Since(start); d > 350*time.Millisecond {
				t.Errorf("%s took %v, with a deadline of 100 ms", verb, d)
			}
			cancel()
		}
	})
	t.Run("EndsWhenCancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if err := calls["Find"](ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Find = %v, want context.Canceled", err)
		}
	})
	t.Run("ResumesAfterSilence", func(t *testing.T) {
		n.release()
		up(t)
	})
}

// everyCall calls each method once, in ways that leave the one user alone where the call gets through late.
func everyCall(store *kerniamongo.Store, ms models) map[string]func(ctx context.Context) error {
	none := []ports.Value{ports.String("nobody")}
	set := setting(ms.user, ports.Change{Field: "name"})
	return map[string]func(ctx context.Context) error{
		"Ping": store.Ping,
		"Find": func(ctx context.Context) error {
			_, err := store.Find(ctx, &ports.Query{Model: ms.user, Limit: 1}, nil)
			return err
		},
		"FindFollowed": func(ctx context.Context) error {
			_, err := store.Find(ctx, ms.signInQuery(), append(none, none...))
			return err
		},
		"Count": func(ctx context.Context) error {
			_, err := store.Count(ctx, &ports.Query{Model: ms.user, Limit: 1}, nil)
			return err
		},
		"Create": func(ctx context.Context) error {
			_, err := store.Create(ctx, ms.verification, ports.Record{ports.String(time.Now().String()), ports.String("i"), ports.String("v"), ports.Time(noon)})
			return err
		},
		"Update": func(ctx context.Context) error {
			_, _, err := store.Update(ctx, set, append(none, none...))
			return err
		},
		"Take": func(ctx context.Context) error {
			_, _, err := store.Take(ctx, byID(ms.user), none)
			return err
		},
		"Delete": func(ctx context.Context) error {
			_, err := store.Delete(ctx, &ports.Delete{Model: ms.user, Where: []ports.Condition{{Field: "id"}}}, none)
			return err
		},
	}
}

// TestOpen keeps the password of a URI to itself.
func TestOpen(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, c) // never answers
		}
	}()
	t.Cleanup(func() { l.Close() })
	for name, c := range map[string]struct {
		uri  string
		want error
	}{
		"NoURI":      {"postgres://ada:hunter2@localhost", ports.ErrInvalid},
		"BadOptions": {"mongodb://ada:hunter2@localhost/?w=-5&ssl=maybe", ports.ErrInvalid},
		"Nobody":     {"mongodb://ada:hunter2@127.0.0.1:1/", ports.ErrUnavailable},
		"Silence":    {"mongodb://ada:hunter2@" + l.Addr().String() + "/", ports.ErrUnavailable},
	} {
		t.Run(name+"_F08", func(t *testing.T) {
			store, err := kerniamongo.Open(t.Context(), c.uri, "app", kerniamongo.Options{Timeout: 300 * time.Millisecond})
			if store != nil || !errors.Is(err, c.want) {
				t.Fatalf("Open = %v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error %q shows the password", err)
			}
		})
	}
}
