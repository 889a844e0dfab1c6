package memory

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// A KV is a [ports.LinkedKV] in the memory of this process. It starts no goroutine: each write drops up to 16 of
// what has expired. Its memory is bounded, by [KVOptions], and this is what happens at the bound:
//
// Entries and counts are bounded apart, so a flood of one kind costs the other nothing.
//
// Entries: those that expire next go first, expired ones before all others. An evicted entry is not found, as if
// it had been deleted; short-lived one-time values go before sessions.
//
// Counts: those that are forgotten next go first, but what they counted is not lost. It is kept in one of Limit
// shared slots, picked by a keyed hash of key and limit, and a key that comes back goes on from its slot. A flood
// of keys thus makes limits stricter for those who happen to share a slot, and never looser for anyone.
type KV struct {
	clock ports.Clock
	limit int
	bytes int64

	mu      sync.Mutex
	size    int64 // of all keys and values in entries
	entries *shelf[string, string]
	counts  *shelf[string, counter]
	slots   []counter // where evicted counts go; nil until the first
	seed    maphash.Seed
}

// KVOptions are the settings of a [KV]. The zero KVOptions are good for one small server.
type KVOptions struct {
	Clock ports.Clock // nil: the system's
	Limit int         // at most so many entries and as many counts; 0: 100,000
	Bytes int64       // at most so many bytes of keys and values in entries; 0: 256 MiB
}

type counter struct {
	limit ports.Limit
	n     int64
	until int64 // when it is forgotten
}

// NewKV returns an empty KV.
func NewKV(o KVOptions) *KV {
	if o.Clock == nil {
		o.Clock = ports.SystemClock{}
	}
	if o.Limit <= 0 {
		o.Limit = 100_000
	}
	if o.Bytes <= 0 {
		o.Bytes = 256 << 20
	}
	return &KV{
		clock: o.Clock, limit: o.Limit, bytes: o.Bytes,
		entries: newShelf[string, string](),
		counts:  newShelf[string, counter](),
		seed:    maphash.MakeSeed(),
	}
}

// Len returns how many entries and counts are held, expired ones that were not dropped yet included.
func (k *KV) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.entries.len() + k.counts.len()
}

// Find implements [ports.KV].
func (k *KV) Find(ctx context.Context, key string) (ports.Entry, bool, error) {
	if err := checkKeys(ctx, "find", key); err != nil {
		return ports.Entry{}, false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.find(key)
	return e, ok, nil
}

// Put implements [ports.KV].
func (k *KV) Put(ctx context.Context, key string, e ports.Entry) error {
	if err := checkEntry(ctx, "put", key, e); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(key, e)
	return nil
}

// Replace implements [ports.KV].
func (k *KV) Replace(ctx context.Context, key string, e ports.Entry) (bool, error) {
	if err := checkEntry(ctx, "replace", key, e); err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.find(key); !ok {
		return false, nil
	}
	k.put(key, e)
	return true, nil
}

// Take implements [ports.KV].
func (k *KV) Take(ctx context.Context, key string) (ports.Entry, bool, error) {
	if err := checkKeys(ctx, "take", key); err != nil {
		return ports.Entry{}, false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.find(key)
	k.drop(key)
	return e, ok, nil
}

// Delete implements [ports.KV]. Counts stay: only their window ends them.
func (k *KV) Delete(ctx context.Context, keys ...string) error {
	if err := checkKeys(ctx, "delete", keys...); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range keys {
		k.drop(key)
	}
	return nil
}

// Add implements [ports.KV].
func (k *KV) Add(ctx context.Context, key string, l ports.Limit) (ports.LimitResult, error) {
	if err := checkKeys(ctx, "add", key); err != nil {
		return ports.LimitResult{}, err
	}
	if l.Bound < 1 || l.Window < time.Millisecond {
		return ports.LimitResult{}, fmt.Errorf("memory: add: %w: a bound below 1 or a window below 1 ms", ports.ErrInvalid)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	c, held := k.counted(key, l, now)
	if c.n >= l.Bound {
		return ports.LimitResult{Count: c.n, Wait: time.Duration(c.until-now) * time.Millisecond}, nil
	}
	k.sweep(now)
	for !held && k.counts.len() >= k.limit {
		k.fold(now)
	}
	window := l.Window.Truncate(time.Millisecond)
	if window < l.Window && window < 1<<62 {
		window += time.Millisecond // never too early
	}
	c = counter{limit: l, n: c.n + 1, until: now + window.Milliseconds()}
	k.counts.put(strings.Clone(key), c.until, c)
	return ports.LimitResult{Allowed: true, Count: c.n, Wait: window}, nil
}

// Reset implements [ports.KV]. A count that was folded into a shared slot, for want of room, stays until its window ends.
func (k *KV) Reset(ctx context.Context, key string) error {
	if err := checkKeys(ctx, "reset", key); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counts.remove(key)
	return nil
}

// counted returns what is counted under key, and whether it is held there or nowhere or in a shared slot.
func (k *KV) counted(key string, l ports.Limit, now int64) (c counter, held bool) {
	c, held = k.counts.get(key)
	if !held && k.slots != nil {
		c = k.slots[k.slot(key, l)]
	}
	if c.until <= now {
		return counter{}, held
	}
	return c, held
}

// fold evicts the count that is forgotten next into its shared slot.
func (k *KV) fold(now int64) {
	key, c := k.counts.pop()
	if c.until <= now {
		return
	}
	if k.slots == nil {
		k.slots = make([]counter, k.limit)
	}
	s := &k.slots[k.slot(key, c.limit)]
	if s.until <= now {
		*s = counter{}
	}
	s.n, s.until = max(s.n, c.n), max(s.until, c.until)
}

// slot picks by a secret seed, so nobody can choose keys that share a slot with another's.
func (k *KV) slot(key string, l ports.Limit) uint64 {
	type place struct {
		key   string
		limit ports.Limit
	}
	return maphash.Comparable(k.seed, place{key, l}) % uint64(len(k.slots))
}

// Swap implements [ports.LinkedKV].
func (k *KV) Swap(ctx context.Context, key string, old *ports.Entry, e ports.Entry) (bool, error) {
	if err := checkEntry(ctx, "swap", key, e); err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now, ok := k.find(key)
	if ok != (old != nil) || ok && (now.Value != old.Value || now.Expires.UnixMilli() != old.Expires.UnixMilli()) {
		return false, nil
	}
	k.put(key, e)
	return true, nil
}

// Follow implements [ports.LinkedKV].
func (k *KV) Follow(ctx context.Context, key string) (e, linked ports.Entry, ok bool, err error) {
	if err := checkKeys(ctx, "follow", key); err != nil {
		return e, linked, false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, _ = k.find(key)
	if link, _, found := strings.Cut(e.Value, "\n"); found {
		linked, ok = k.find(link)
	}
	if !ok {
		e = ports.Entry{}
	}
	return e, linked, ok, nil
}

func (k *KV) find(key string) (ports.Entry, bool) {
	until, ok := k.entries.until(key)
	if !ok || until <= k.now() {
		return ports.Entry{}, false
	}
	value, _ := k.entries.get(key)
	return ports.Entry{Value: value, Expires: time.UnixMilli(until).UTC()}, true
}

func (k *KV) put(key string, e ports.Entry) {
	k.drop(key)
	k.sweep(k.now())
	size := int64(len(key) + len(e.Value))
	for n := k.entries.len(); n > 0 && (n >= k.limit || k.size+size > k.bytes); n-- {
		k.popEntry()
	}
	k.entries.put(strings.Clone(key), e.Expires.UnixMilli(), strings.Clone(e.Value))
	k.size += size
}

func (k *KV) drop(key string) {
	value, _ := k.entries.get(key)
	if k.entries.remove(key) {
		k.size -= int64(len(key) + len(value))
	}
}

func (k *KV) popEntry() {
	key, value := k.entries.pop()
	k.size -= int64(len(key) + len(value))
}

// sweep drops some of what has expired: a write adds at most one, so 16 at a time always catch up.
func (k *KV) sweep(now int64) {
	for range 16 {
		entry, anyEntry := k.entries.next()
		count, anyCount := k.counts.next()
		switch {
		case anyEntry && entry <= now:
			k.popEntry()
		case anyCount && count <= now:
			k.counts.pop()
		default:
			return
		}
	}
}

func (k *KV) now() int64 { return k.clock.Now().UnixMilli() }

func checkKeys(ctx context.Context, verb string, keys ...string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("memory: %s: %w", verb, err)
	}
	if err := ports.CheckKeys(keys...); err != nil {
		return fmt.Errorf("memory: %s: %w", verb, err)
	}
	return nil
}

func checkEntry(ctx context.Context, verb, key string, e ports.Entry) error {
	if err := checkKeys(ctx, verb, key); err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return fmt.Errorf("memory: %s: %w", verb, err)
	}
	return nil
}
