package kvtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

func modelPromises() []promise {
	return []promise{{"AgreesWithTheReferenceOnAnySequence", agrees}}
}

// agrees plays the same 3000 calls, the same in every run, to the KV and to package memory's.
func agrees(p *probe) {
	kv := p.open()
	methods := 6
	if _, ok := kv.(ports.LinkedKV); ok {
		methods = 9
	}
	reference := memory.NewKV(memory.KVOptions{Clock: p.clock})
	dice := rand.New(rand.NewPCG(20010203, 40506)) //nolint:gosec // repeatable, nothing secret
	for step := range 3000 {
		if dice.IntN(4) == 0 {
			p.clock.Advance(time.Duration(dice.IntN(400)) * time.Millisecond)
		}
		c := deal(p, dice, methods)
		got, want := c.play(p, kv), c.play(p, reference)
		if !reflect.DeepEqual(got, want) {
			p.Fatalf("step %d, %+v: got %v, want %v", step, c, got, want)
		}
	}
}

// A move is one call with its arguments.
type move struct {
	method  int
	key     string
	value   string
	expires time.Time
	limit   ports.Limit
}

func deal(p *probe, dice *rand.Rand, methods int) move {
	key := dice.IntN(3)
	return move{
		method:  dice.IntN(methods),
		key:     fmt.Sprintf("key %d", key),
		value:   fmt.Sprintf("key %d\n%d", dice.IntN(3), dice.IntN(4)), // a link, too
		expires: p.at(time.Duration(dice.IntN(1000)-100) * time.Millisecond),
		limit:   ports.Limit{Bound: 1 + dice.Int64N(4), Window: time.Duration(200+key*150) * time.Millisecond},
	}
}

// play makes the call and returns all that came back.
func (c move) play(p *probe, kv ports.KV) []any {
	ctx, e := p.Context(), ports.Entry{Value: c.value, Expires: c.expires}
	l, _ := kv.(ports.LinkedKV)
	entry := func(e ports.Entry, ok bool, err error) []any { return []any{e.Value, e.Expires.UnixMilli(), ok, err} }
	switch c.method {
	case 0:
		return entry(kv.Find(ctx, c.key))
	case 1:
		return []any{kv.Put(ctx, c.key, e)}
	case 2:
		ok, err := kv.Replace(ctx, c.key, e)
		return []any{ok, err}
	case 3:
		return entry(kv.Take(ctx, c.key))
	case 4:
		tally, err := kv.Add(ctx, c.key, c.limit)
		return []any{tally, err}
	case 5:
		return []any{kv.Delete(ctx, c.key)}
	case 6:
		ok, err := l.Swap(ctx, c.key, nil, e)
		return []any{ok, err}
	case 7:
		return c.swapRead(ctx, l)
	default:
		e, linked, ok, err := l.Follow(ctx, c.key)
		return append(entry(e, ok, err), entry(linked, ok, err)...)
	}
}

// swapRead swaps what it reads, or, for one value of four, something else.
func (c move) swapRead(ctx context.Context, kv ports.LinkedKV) []any {
	old, there, err := kv.Find(ctx, c.key)
	if c.value[len(c.value)-1] == '0' {
		old.Value += "x"
	}
	ok, err2 := kv.Swap(ctx, c.key, &old, ports.Entry{Value: c.value, Expires: c.expires})
	return []any{there, ok, err, err2}
}
