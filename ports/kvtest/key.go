package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func keyPromises() []promise {
	return []promise{
		{"KeepsHostileKeysApart", keepsKeys},
		{"RefusesKeysOutOfBounds", refusesKeys},
		{"KeepsAnyValue", keepsValues},
		{"RefusesLongValues", refusesValues},
		{"HonoursCancellation", honoursContext},
		{"HonoursDeadline", honoursDeadline},
	}
}

// hostile are keys that a careless implementation confuses, cuts or takes for syntax.
func hostile() []string {
	return []string{
		" ", "a", "a ", " a", "A", "a:b", "a/b", "a\x00b", "a\x00", "\x00", "\n", "a\r\nDEL b\r\n", "{}", "{a}", "{a}b", "{", "}",
		"*", "?", "[a]", "%", "_", "$where", "{\"$gt\":\"\"}", "'", "\"", "`", "\\", "\\n", "e\u0301", "\u00e9", "ключ", "鍵", "🔑",
		"\xff\xfe", "\xff", "__proto__", "nil", "0", "-1", "1e400", ";", "--", strings.Repeat("k", 511), strings.Repeat("k", 512), strings.Repeat("é", 256),
	}
}

func keepsKeys(p *probe) {
	kv := p.open()
	for i, key := range hostile() {
		p.put(kv, key, strconv.Itoa(i), time.Minute)
	}
	for i, key := range hostile() {
		p.holds(kv, key, strconv.Itoa(i))
		p.replace(kv, key, fmt.Sprint("new ", i), time.Minute, true)
	}
	for i, key := range hostile() {
		if e, ok, err := kv.Take(p.Context(), key); err != nil || !ok || e.Value != fmt.Sprint("new ", i) {
			p.Errorf("Take(%s) = %v, %t, %v, want new %d", short(key), e, ok, err, i)
		}
	}
}

// calls is every method that takes a key, with everything else in order.
func calls(kv ports.KV, until time.Time) map[string]func(ctx context.Context, key string) error {
	e, l := ports.Entry{Value: "value", Expires: until}, ports.Limit{Bound: 5, Window: time.Minute}
	all := map[string]func(ctx context.Context, key string) error{
		"Find":    func(ctx context.Context, key string) error { _, _, err := kv.Find(ctx, key); return err },
		"Put":     func(ctx context.Context, key string) error { return kv.Put(ctx, key, e) },
		"Replace": func(ctx context.Context, key string) error { _, err := kv.Replace(ctx, key, e); return err },
		"Take":    func(ctx context.Context, key string) error { _, _, err := kv.Take(ctx, key); return err },
		"Add":     func(ctx context.Context, key string) error { _, err := kv.Add(ctx, key, l); return err },
		"Reset":   func(ctx context.Context, key string) error { return kv.Reset(ctx, key) },
		"Delete":  func(ctx context.Context, key string) error { return kv.Delete(ctx, "good", key) },
	}
	if l, ok := kv.(ports.LinkedKV); ok {
		all["Swap"] = func(ctx context.Context, key string) error { _, err := l.Swap(ctx, key, &e, e); return err }
		all["Swap of nothing"] = func(ctx context.Context, key string) error { _, err := l.Swap(ctx, key, nil, e); return err }
		all["Follow"] = func(ctx context.Context, key string) error { _, _, _, err := l.Follow(ctx, key); return err }
	}
	return all
}

func refusesKeys(p *probe) {
	for name, call := range calls(p.open(), p.at(time.Minute)) {
		for _, key := range []string{"", strings.Repeat("k", 513), strings.Repeat("é", 257)} {
			err := call(p.Context(), key)
			if !errors.Is(err, ports.ErrInvalid) {
				p.Errorf("%s with a key of %d bytes = %v, want ErrInvalid", name, len(key), err)
			}
			if err != nil && key != "" && strings.Contains(err.Error(), key) {
				p.Errorf("%s tells the key in its error", name)
			}
		}
	}
}

func keepsValues(p *probe) {
	kv := p.open()
	for i, value := range []string{
		"", " ", "\x00", "\xff\xfe\x00\x01", "a\r\nb", "0", "1:2", ":", "нет 🔑", `{"a":"b"}`, "nil", strings.Repeat("x", 1<<20), strings.Repeat("\xff", 1<<20),
	} {
		key := fmt.Sprintf("key %d", i)
		p.put(kv, key, value, time.Minute)
		p.holds(kv, key, value)
		p.replace(kv, key, value, time.Hour, true)
		if e, ok, err := kv.Take(p.Context(), key); err != nil || !ok || e.Value != value {
			p.Errorf("Take = %s, %t, %v, want %s", short(e.Value), ok, err, short(value))
		}
	}
}

func refusesValues(p *probe) {
	kv := p.open()
	p.put(kv, "key", "old", time.Minute)
	long := ports.Entry{Value: strings.Repeat("x", 1<<20+1), Expires: p.at(time.Minute)}
	if err := kv.Put(p.Context(), "key", long); !errors.Is(err, ports.ErrInvalid) {
		p.Errorf("Put of more than 1 MiB = %v, want ErrInvalid", err)
	}
	if ok, err := kv.Replace(p.Context(), "key", long); ok || !errors.Is(err, ports.ErrInvalid) {
		p.Errorf("Replace with more than 1 MiB = %t, %v, want false, ErrInvalid", ok, err)
	}
	if l, ok := kv.(ports.LinkedKV); ok {
		old := ports.Entry{Value: "old", Expires: p.at(time.Minute)}
		if ok, err := l.Swap(p.Context(), "key", &old, long); ok || !errors.Is(err, ports.ErrInvalid) {
			p.Errorf("Swap with more than 1 MiB = %t, %v, want false, ErrInvalid", ok, err)
		}
	}
	p.holds(kv, "key", "old")
}

func honoursContext(p *probe) {
	kv := p.open()
	p.put(kv, "key", "value", time.Minute)
	ctx, cancel := context.WithCancel(p.Context())
	cancel()
	for name, call := range calls(kv, p.at(time.Minute)) {
		if err := call(ctx, "key"); !errors.Is(err, context.Canceled) {
			p.Errorf("%s with a cancelled context = %v, want context.Canceled", name, err)
		}
	}
	p.holds(kv, "key", "value")
}

func honoursDeadline(p *probe) {
	kv := p.open()
	p.put(kv, "key", "value", time.Minute)
	ctx, cancel := context.WithDeadline(p.Context(), time.Unix(0, 0))
	defer cancel()
	for name, call := range calls(kv, p.at(time.Minute)) {
		if err := call(ctx, "key"); !errors.Is(err, context.DeadlineExceeded) {
			p.Errorf("%s after the deadline = %v, want context.DeadlineExceeded", name, err)
		}
	}
}
