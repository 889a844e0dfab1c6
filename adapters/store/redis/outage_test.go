package kerniaredis_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/ports"
)

const secret = "very-secret"

// calls is every method, each with a secret key and value.
func calls(kv *kerniaredis.KV) map[string]func(ctx context.Context) error {
	until := time.Now().Add(time.Hour)
	e := ports.Entry{Value: secret, Expires: until}
	return map[string]func(ctx context.Context) error{
		"Find":    func(ctx context.Context) error { _, _, err := kv.Find(ctx, secret); return err },
		"Put":     func(ctx context.Context) error { return kv.Put(ctx, secret, e) },
		"Replace": func(ctx context.Context) error { _, err := kv.Replace(ctx, secret, e); return err },
		"Take":    func(ctx context.Context) error { _, _, err := kv.Take(ctx, secret); return err },
		"Add": func(ctx context.Context) error {
			_, err := kv.Add(ctx, secret, ports.Limit{Bound: 1 << 40, Window: time.Hour})
			return err
		},
		"Delete": func(ctx context.Context) error { return kv.Delete(ctx, secret, secret+"2") },
		"Swap":   func(ctx context.Context) error { _, err := kv.Swap(ctx, secret, &e, e); return err },
		"Follow": func(ctx context.Context) error { _, _, _, err := kv.Follow(ctx, secret); return err },
		"Ping":   kv.Ping,
	}
}

// fail checks that each call ends with ErrUnavailable before its deadline.
func fail(t *testing.T, kv *kerniaredis.KV, names ...string) {
	t.Helper()
	var all sync.WaitGroup
	for name, call := range calls(kv) {
		if len(names) > 0 && name != names[0] {
			continue
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			unavailable(t, name, false, call(ctx), secret)
		})
	}
	all.Wait()
}

// work checks that every call succeeds, soon: a client needs a moment to notice that a server is back.
func work(t *testing.T, kv *kerniaredis.KV) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for name, call := range calls(kv) {
		for err := call(t.Context()); err != nil; err = call(t.Context()) {
			if time.Now().After(deadline) {
				t.Errorf("%s with the server back = %v, want nil", name, err)
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func TestOutage(t *testing.T) {
	t.Run("KilledServerIsUnavailableAndComesBack", func(t *testing.T) {
		s := start(t, freePort())
		c := s.client()
		defer c.Close()
		kv := kerniaredis.New(c)
		work(t, kv)
		s.kill()
		fail(t, kv)
		start(t, s.port)
		work(t, kv)
	})

	t.Run("SilentServerIsUnavailableAndComesBack", func(t *testing.T) {
		s := start(t, freePort())
		p := forward(t, s.addr())
		c := redis.NewClient(&redis.Options{Addr: p.addr(), ReadTimeout: 100 * time.Millisecond, ContextTimeoutEnabled: true})
		defer c.Close()
		kv := kerniaredis.New(c)
		work(t, kv)
		p.hold()
		fail(t, kv)
		p.resume()
		work(t, kv)
	})

	t.Run("SilentServerLeavesTheContextItsError", func(t *testing.T) {
		s := start(t, freePort())
		p := forward(t, s.addr())
		for _, heeds := range []bool{true, false} {
			c := redis.NewClient(&redis.Options{Addr: p.addr(), ReadTimeout: 6 * time.Second, MaxRetries: -1, ContextTimeoutEnabled: heeds})
			kv := kerniaredis.New(c)
			work(t, kv)
			p.hold()
			for name, call := range calls(kv) {
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s past its deadline = %v, want context.DeadlineExceeded", name, err)
				}
				cancel()
				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(50*time.Millisecond, cancel)
				if err := call(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("%s when cancelled = %v, want context.Canceled", name, err)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("%s came back after %v", name, took)
				}
			}
			p.resume()
			_ = c.Close()
		}
	})

	t.Run("LostAnswerOfTakeIsNoMiss", func(t *testing.T) {
		s := start(t, freePort())
		p := forward(t, s.addr())
		c := redis.NewClient(&redis.Options{Addr: p.addr(), ReadTimeout: 200 * time.Millisecond, PoolSize: 1})
		defer c.Close()
		kv := kerniaredis.New(c)
		put(t, kv, "key", "value", time.Now().Add(time.Hour))
		p.deafen()
		time.AfterFunc(300*time.Millisecond, p.resume) // while a client that tried again would be answered
		_, ok, err := kv.Take(t.Context(), "key")
		unavailable(t, "Take", ok, err)
		p.resume()
		work(t, kv)
	})
}

func TestRefusal(t *testing.T) {
	t.Run("ReadOnlyIsUnavailable", func(t *testing.T) {
		s := start(t, freePort(), "--replicaof", "127.0.0.1", strconv.Itoa(freePort()))
		c := s.client()
		defer c.Close()
		fail(t, kerniaredis.New(c), "Put")
		fail(t, kerniaredis.New(c), "Add")
		fail(t, kerniaredis.New(c), "Take")
	})
	t.Run("FullMemoryIsUnavailable", func(t *testing.T) {
		s := start(t, freePort(), "--maxmemory", "1", "--maxmemory-policy", "noeviction")
		c := s.client()
		defer c.Close()
		fail(t, kerniaredis.New(c), "Put")
		fail(t, kerniaredis.New(c), "Add")
	})
	t.Run("UnknownCommandTellsNoKey", func(t *testing.T) {
		s := start(t, freePort(), "--rename-command", "GETDEL", "")
		c := s.client()
		defer c.Close()
		fail(t, kerniaredis.New(c), "Take")
	})
	t.Run("MissingPasswordIsUnavailable", func(t *testing.T) {
		c := redis.NewClient(&redis.Options{Addr: protected(t).addr(), Password: "wrong"})
		defer c.Close()
		fail(t, kerniaredis.New(c))
	})
	t.Run("ExhaustedPoolIsUnavailable", func(t *testing.T) {
		options, err := redis.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		options.PoolSize, options.PipelinePoolSize, options.PoolTimeout = 1, -1, 50*time.Millisecond
		c := redis.NewClient(options)
		defer c.Close()
		conn := c.Conn()
		defer conn.Close()
		if err := conn.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		fail(t, kerniaredis.New(c))
	})
}

// protected starts a server whose password nobody here knows.
func protected(t *testing.T) *server {
	t.Helper()
	s := start(t, freePort())
	c := s.client()
	defer c.Close()
	if err := c.ConfigSet(t.Context(), "requirepass", "another").Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

// A relay forwards connections until it is told to hold what it receives.
type relay struct {
	net.Listener
	mu       sync.Mutex
	requests bool // forwarded
	answers  bool
	changed  chan struct{} // closed when the above change
}

func forward(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, requests: true, answers: true, changed: make(chan struct{})}
	t.Cleanup(func() { _ = l.Close(); r.resume() })
	go func() {
		for {
			down, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", to)
			if err != nil {
				_ = down.Close()
				continue
			}
			go r.copy(up, down, func() bool { return r.requests })
			go r.copy(down, up, func() bool { return r.answers })
		}
	}()
	return r
}

func (r *relay) addr() string { return r.Listener.Addr().String() }
func (r *relay) hold()        { r.set(false, false) }
func (r *relay) deafen()      { r.set(true, false) }
func (r *relay) resume()      { r.set(true, true) }

func (r *relay) set(requests, answers bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.answers = requests, answers
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *relay) copy(to, from net.Conn, forwarded func() bool) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		for {
			r.mu.Lock()
			ok, changed := forwarded(), r.changed
			r.mu.Unlock()
			if ok {
				break
			}
			<-changed
		}
		if _, err2 := to.Write(buf[:n]); err != nil || err2 != nil {
			_, _ = io.Copy(io.Discard, from)
			return
		}
	}
}
