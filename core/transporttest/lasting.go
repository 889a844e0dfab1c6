package transporttest

import (
	"context"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

func lasting() []promise {
	return []promise{
		{"HandsOverTheRequestsContext_H02", handsOverTheRequestsContext},
		{"HandsOverAContextThatMayBeKept_H02", handsOverAContextThatMayBeKept},
		{"EndsWithTheTimeout_H02", endsWithTheTimeout},
		{"EndsAGuardWithTheTimeout_H02", endsAGuardWithTheTimeout},
		{"CancelsWithTheClient_H04", cancelsWithTheClient},
		{"CancelsAGuardWithTheClient_H04", cancelsAGuardWithTheClient},
	}
}

type contextKey struct{}

// valued gives each request's context a value of its own.
func valued(s *setup) {
	n := make(chan int, 1)
	n <- 0
	s.app.Context = func(ctx context.Context) context.Context {
		i := <-n + 1
		n <- i
		return context.WithValue(ctx, contextKey{}, i)
	}
}

func handsOverTheRequestsContext(k *kit) {
	w := k.world(valued)
	cookie, _ := w.signIn("ann@example.com")
	w.get("/kit/echo/a")
	k.want("the application's value in an operation", w.one().ctx.Value(contextKey{}), 1)
	w.store.on(func(ctx context.Context, verb string) error {
		if verb == "find" {
			w.probe.note(ctx)
		}
		return nil
	})
	w.ask("GET", "/required", "", "Cookie: "+cookie)
	k.want("the application's value in a guard", w.one().ctx.Value(contextKey{}), 2)
	k.want("the application's value behind a guard", w.last().Context.Value(contextKey{}), 2)
}

// handsOverAContextThatMayBeKept keeps contexts over many requests: one that is the framework's own, used again for
// the next request, tells the values of another or races with it.
func handsOverAContextThatMayBeKept(k *kit) {
	w := k.world(valued)
	c := w.dial()
	defer func() { _ = c.Close() }()
	c.ask("GET", base+"/kit/echo/a", "")
	h := w.one()
	limit, ok := h.ctx.Deadline()
	if !ok {
		k.Errorf("the context has no deadline")
	}
	for range 100 {
		c.ask("GET", base+"/kit/echo/b", "")
		k.want("the value of a kept context", h.ctx.Value(contextKey{}), 1)
		if again, _ := h.ctx.Deadline(); !again.Equal(limit) {
			k.Fatalf("the deadline of a kept context changes")
		}
		select {
		case <-h.ctx.Done():
		default:
			k.Fatalf("the context of a request that is over is not done")
		}
	}
	if kernia.CallFrom(h.ctx) == nil {
		k.Errorf("a kept context loses its call")
	}
}

const shortly = 200 * time.Millisecond

func short(s *setup) { s.Timeout = shortly }

func endsWithTheTimeout(k *kit) {
	w := k.world(short)
	wait := w.probe.waiting()
	a := w.get("/kit/wait")
	if a.status != 503 || !strings.Contains(a.body, "SERVICE_UNAVAILABLE") {
		k.Errorf("an operation that waits for ever: %d %s, want 503", a.status, a.body)
	}
	k.eventually("the operation ends", wait.ended)
}

func endsAGuardWithTheTimeout(k *kit) {
	w := k.world(short)
	cookie, _ := w.signIn("ann@example.com")
	wait := w.probe.waiting()
	w.store.on(func(ctx context.Context, _ string) error { return w.probe.block(ctx) })
	for _, path := range []string{"/required", "/optional"} {
		if a := w.ask("GET", path, "", "Cookie: "+cookie); a.status != 503 {
			k.Errorf("%s with a store that waits for ever: %d %s, want 503", path, a.status, a.body)
		}
		k.eventually("the store ends", wait.ended)
		wait = w.probe.waiting()
	}
	if n := w.visited(); n > 0 {
		k.Errorf("the application's handler ran %d times", n)
	}
}

// gone starts a request, goes away in the middle of it and waits until the call ends.
func (w *world) gone(wait *waiter, message string) {
	w.Helper()
	c := w.dial()
	c.send(message)
	w.eventually("the call begins", wait.began)
	_ = c.Close()
	w.eventually("the call ends after its client went away", wait.ended)
}

// untold makes the timeout end calls where the engine cannot tell that a client is gone.
func untold(k *kit) func(s *setup) {
	return func(s *setup) {
		if k.noDisconnect {
			s.Timeout = shortly
		}
	}
}

func cancelsWithTheClient(k *kit) {
	w := k.world(untold(k))
	w.gone(w.probe.waiting(), message("GET", base+"/kit/wait", ""))
	w.store.on(func(ctx context.Context, _ string) error { return w.probe.block(ctx) })
	w.gone(w.probe.waiting(), message("POST", base+"/kit/sign-in", `{"email":"ann@example.com"}`, "Content-Type: application/json"))
}

func cancelsAGuardWithTheClient(k *kit) {
	w := k.world(untold(k))
	cookie, _ := w.signIn("ann@example.com")
	w.store.on(func(ctx context.Context, _ string) error { return w.probe.block(ctx) })
	for _, path := range []string{"/required", "/optional"} {
		w.gone(w.probe.waiting(), message("GET", path, "", "Cookie: "+cookie))
	}
	if n := w.visited(); n > 0 {
		k.Errorf("the application's handler ran %d times", n)
	}
}
