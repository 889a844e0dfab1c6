package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func cancelling() []promise {
	return []promise{
		{name: "EndsEveryVerbWhenCancelled", prove: func(k *kit) {
			ctx, cancel := context.WithCancel(k.ctx)
			cancel()
			endsEveryVerb(ctx, k, context.Canceled)
		}},
		{name: "EndsEveryVerbAtItsDeadline", prove: func(k *kit) {
			ctx, cancel := context.WithDeadline(k.ctx, time.Unix(1, 0))
			defer cancel()
			endsEveryVerb(ctx, k, context.DeadlineExceeded)
		}},
		{name: "EndsACallThatWaits", prove: endsWaiting, rollback: true},
		{name: "EndsATransaction", prove: endsTx, rollback: true},
		{name: "ConfirmsOnlyWhatIsStored", prove: confirms},
	}
}

// endsEveryVerb calls everything with a context that is done.
func endsEveryVerb(ctx context.Context, k *kit, want error) {
	d := k.store()
	u := d.add(k.user, nil)
	old, _ := versions()
	for verb, call := range map[string]func() error{
		"Migrate": func() error { _, err := d.Migrate(ctx, []*ports.Model{old}, true); return err },
		"Create":  func() error { _, err := d.Create(ctx, k.user, k.record(k.user, nil)); return err },
		"Find":    func() error { _, err := d.Find(ctx, query(k.user), nil); return err },
		"Count":   func() error { _, err := d.Count(ctx, query(k.user), nil); return err },
		"Update": func() error {
			_, _, err := d.Update(ctx, changed(k.user, "name"), []ports.Value{u[0], ports.String("x")})
			return err
		},
		"Delete": func() error { _, err := d.Delete(ctx, deleted(k.user), nil); return err },
		"Take":   func() error { _, _, err := d.Take(ctx, taken(k.user, byID()), []ports.Value{u[0]}); return err },
		"Tx": func() error {
			return d.Tx(ctx, func(ctx context.Context) error {
				_, err := d.Create(ctx, k.user, k.record(k.user, nil))
				return err
			})
		},
	} {
		if err := call(); !errors.Is(err, want) {
			k.Errorf("%s with a context that is done = %v, want %v", verb, err, want)
		}
	}
	if n := d.size(query(k.user)); n != 1 {
		k.Errorf("%d records are stored after calls that were cancelled, want 1", n)
	}
	got, _ := d.get(k.user, u[0])
	k.want("the record after calls that were cancelled", got, u)
	if plan := d.migrate(false, old); len(plan.Steps) == 0 {
		k.Errorf("a Migrate that was cancelled made its table")
	}
}

// endsWaiting lets an Update wait for a transaction that holds its record, until its deadline.
func endsWaiting(k *kit) {
	d, other := k.store(), k.again()
	u := d.add(k.user, nil)
	d.tx(k.ctx, nil, func(_ context.Context, in db) {
		in.set(changed(k.user, "name"), u[0], ports.String("first"))
		ctx, cancel := context.WithTimeout(k.ctx, 100*time.Millisecond)
		defer cancel()
		ended := make(chan error, 1)
		go func() {
			_, _, err := other.Update(ctx, changed(k.user, "name"), []ports.Value{u[0], ports.String("second")})
			ended <- err
		}()
		select {
		case err := <-ended:
			if !errors.Is(err, context.DeadlineExceeded) {
				k.Errorf("Update of a record that a transaction holds = %v, want the deadline's error", err)
			}
		case <-time.After(k.wait):
			k.Errorf("Update goes on waiting %v after its deadline", k.wait)
		}
	})
	got, _ := other.get(k.user, u[0])
	u[2] = ports.String("first")
	k.want("the record after", got, u)
}

func endsTx(k *kit) {
	d := k.store()
	ctx, cancel := context.WithCancel(k.ctx)
	defer cancel()
	err := d.Tx(ctx, func(ctx context.Context) error {
		if _, err := d.Create(ctx, k.user, k.record(k.user, nil)); err != nil {
			return err
		}
		cancel()
		if _, err := d.Create(ctx, k.user, k.record(k.user, nil)); !errors.Is(err, context.Canceled) {
			k.Errorf("Create in a transaction that was cancelled = %v, want context.Canceled", err)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		k.Errorf("Tx that was cancelled = %v, want context.Canceled", err)
	}
	if n := d.size(query(k.user)); n != 0 {
		k.Errorf("a transaction that was cancelled stored %d records", n)
	}
}

// confirms cancels calls in the midst of them.
func confirms(k *kit) {
	d := k.store()
	for range rounds {
		ctx, cancel := context.WithCancel(k.ctx)
		var confirmed atomic.Int64
		won := k.race(32, func(int) bool {
			r := k.record(k.user, nil)
			_, err := d.Create(ctx, k.user, r)
			switch {
			case err == nil:
				if confirmed.Add(1) > 4 {
					cancel()
				}
				if _, ok, err := d.Update(k.ctx, changed(k.user, "name"), []ports.Value{r[0], ports.String("x")}); !ok || err != nil {
					k.Errorf("a record that Create confirmed is not there: %v", err)
				}
			case !errors.Is(err, context.Canceled):
				k.Errorf("Create that was cancelled = %v, want context.Canceled", err)
			}
			return err == nil
		})
		cancel()
		if won == 0 {
			k.Errorf("no Create succeeded before the cancellation")
		}
	}
}
