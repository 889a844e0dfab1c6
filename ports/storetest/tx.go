package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func transacting() []promise {
	return []promise{
		{name: "RunsTheFunction", prove: txRuns},
		{name: "ReturnsTheErrorOfTheFunction", prove: txReturns},
		{name: "PanicsAsTheFunctionDoes", prove: txPanics},
		{name: "CommitsEveryVerb", prove: txCommits},
		{name: "RollsBackOnAnError", prove: txRollsBack, rollback: true},
		{name: "RollsBackOnAPanic", prove: txRollsBackPanic, rollback: true},
		{name: "RollsBackACascade_D04", prove: txCascade, rollback: true},
		{name: "SeesItsOwnWrites", prove: txSees, rollback: true},
		{name: "HidesWritesUntilItCommits", prove: txHides, rollback: true},
		{name: "RollsBackASavepointAlone", prove: txSavepoint, rollback: true},
		{name: "RollsBackASavepointOnAPanic", prove: txSavepointPanic, rollback: true},
		{name: "LosesACommittedSavepointWithTheWhole", prove: txSavepointLost, rollback: true},
		{name: "GoesOnAfterAConflictInASavepoint", prove: txConflict, rollback: true},
		{name: "LosesNoAdditionOfOthers", prove: txAdds},
		{name: "RefusesItsContextOnceItEnded", prove: txEnded, rollback: true},
	}
}

// errUndo is what a function returns to be rolled back.
var errUndo = errors.New("undo")

// tx runs f in a transaction and ends the test where the outcome is not the one wanted.
func (d db) tx(ctx context.Context, want error, f func(ctx context.Context, d db)) {
	d.Helper()
	err := d.Tx(ctx, func(ctx context.Context) error {
		in := *d.kit
		in.ctx = ctx
		f(ctx, db{&in, d.Store})
		return want
	})
	if !errors.Is(err, want) {
		d.Fatalf("Tx = %v, want %v", err, want)
	}
}

func txRuns(k *kit) {
	d := k.store()
	runs := 0
	d.tx(k.ctx, nil, func(ctx context.Context, in db) {
		runs++
		in.tx(ctx, nil, func(context.Context, db) { runs++ })
	})
	if runs != 2 {
		k.Errorf("the functions of a transaction and one inside ran %d times, want once each", runs)
	}
}

func txReturns(k *kit) {
	d := k.store()
	d.tx(k.ctx, errUndo, func(ctx context.Context, in db) { in.tx(ctx, errUndo, func(context.Context, db) {}) })
	conflict := &ports.ConflictError{Model: "user", Key: "email"}
	err := d.Tx(k.ctx, func(context.Context) error { return conflict })
	k.conflict(err, k.user, "email")
}

// panicked returns what f panics with.
func panicked(f func()) (with any) {
	defer func() { with = recover() }()
	f()
	return nil
}

func txPanics(k *kit) {
	d := k.store()
	got := panicked(func() { _ = d.Tx(k.ctx, func(context.Context) error { panic(errUndo) }) })
	if got != errUndo { //nolint:errorlint // the very value
		k.Errorf("Tx panicked with %v, want what its function did", got)
	}
	d.add(k.user, nil) // and the store still works
}

// everything changes one record by each verb: u is changed, s taken, a deleted, a note created.
func everything(d db, u, s, a ports.Record) {
	d.Helper()
	d.add(d.note, values{"id": ports.String("new")})
	d.set(changed(d.user, "name"), u[0], ports.String("changed"))
	d.pull(taken(d.session, byID()), s[0])
	d.drop(deleted(d.account, cond("id", ports.Eq)), a[0])
}

// wantEverything expects that all of it took place, or nothing.
func wantEverything(d db, u, s, a ports.Record, done bool) {
	d.Helper()
	_, created := d.get(d.note, ports.String("new"))
	got, _ := d.get(d.user, u[0])
	if got == nil {
		d.Fatalf("a record that was there before is gone")
	}
	updated := at(d.user, got, "name").Equal(ports.String("changed"))
	_, left := d.get(d.session, s[0])
	_, kept := d.get(d.account, a[0])
	if created != done || updated != done || left == done || kept == done {
		d.Errorf("created %v, updated %v, taken %v, deleted %v, want all %v", created, updated, !left, !kept, done)
	}
}

func txCommits(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	d.tx(k.ctx, nil, func(_ context.Context, in db) { everything(in, u, s, a) })
	wantEverything(d, u, s, a, true)
	wantEverything(k.again(), u, s, a, true)
}

func txRollsBack(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	d.tx(k.ctx, errUndo, func(_ context.Context, in db) { everything(in, u, s, a) })
	wantEverything(d, u, s, a, false)
	_, err := d.Create(k.ctx, k.session, k.record(k.session, values{"token": at(k.session, s, "token")}))
	k.conflict(err, k.session, "token")
}

func txRollsBackPanic(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	panicked(func() {
		d.tx(k.ctx, nil, func(_ context.Context, in db) {
			everything(in, u, s, a)
			panic("undo")
		})
	})
	wantEverything(d, u, s, a, false)
}

func txCascade(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	s := d.add(k.session, values{"userId": u[0]})
	d.add(k.note, values{"sessionId": s[0]})
	d.tx(k.ctx, errUndo, func(_ context.Context, in db) { in.pull(taken(k.user, byID()), u[0]) })
	if n := d.size(query(k.user)) + d.size(query(k.session)) + d.size(query(k.note)); n != 3 {
		k.Errorf("%d of 3 records are left after a Take that was rolled back", n)
	}
}

func txSees(k *kit) {
	d := k.store()
	d.tx(k.ctx, nil, func(_ context.Context, in db) {
		u := in.add(k.user, nil)
		s := in.add(k.session, values{"userId": u[0]})
		in.set(changed(k.session, "uses"), s[0], ports.Int(5))
		rs := in.all(k.follow(cond("uses", ports.Eq)), ports.Int(5))
		if len(rs) != 1 || in.size(query(k.user)) != 1 {
			k.Errorf("a transaction finds %d of its own records, want 1", len(rs))
		}
		in.pull(taken(k.session, byID()), s[0])
		if _, ok := in.get(k.session, s[0]); ok {
			k.Errorf("a transaction finds what it took")
		}
	})
}

// txHides asks from outside, where a store may answer with what was before or let the call wait.
func txHides(k *kit) {
	d, other := k.store(), k.again()
	u := d.add(k.user, values{"name": ports.String("before")})
	d.tx(k.ctx, errUndo, func(_ context.Context, in db) {
		in.set(changed(k.user, "name"), u[0], ports.String("after"))
		in.add(k.user, nil)
		for _, outside := range []db{d, other} {
			ctx, cancel := context.WithTimeout(k.ctx, 200*time.Millisecond)
			rs, err := outside.Find(ctx, query(k.user), nil)
			cancel()
			switch {
			case err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, ports.ErrUnavailable):
				k.Errorf("Find outside the transaction: %v", err)
			case err == nil && (len(rs) != 1 || !at(k.user, rs[0], "name").Equal(ports.String("before"))):
				k.Errorf("Find outside the transaction sees what is not committed")
			}
		}
	})
	got, _ := other.get(k.user, u[0])
	k.want("the record after a rollback", got, u)
}

func txSavepoint(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	var before, after ports.Record
	d.tx(k.ctx, nil, func(ctx context.Context, in db) {
		before = in.add(k.note, nil)
		in.tx(ctx, errUndo, func(_ context.Context, in db) { everything(in, u, s, a) })
		wantEverything(in, u, s, a, false)
		after = in.add(k.note, nil)
	})
	wantEverything(d, u, s, a, false)
	for _, r := range []ports.Record{before, after} {
		got, _ := d.get(k.note, r[0])
		k.want("a record of the transaction around it", got, r)
	}
}

func txSavepointPanic(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	d.tx(k.ctx, nil, func(ctx context.Context, in db) {
		got := panicked(func() {
			in.tx(ctx, nil, func(_ context.Context, in db) {
				everything(in, u, s, a)
				panic("undo")
			})
		})
		if got != "undo" {
			k.Errorf("Tx inside Tx panicked with %v, want what its function did", got)
		}
		in.add(k.note, values{"id": ports.String("kept")})
	})
	wantEverything(d, u, s, a, false)
	if _, ok := d.get(k.note, ports.String("kept")); !ok {
		k.Errorf("what the transaction did after the panic is lost")
	}
}

func txSavepointLost(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	d.tx(k.ctx, errUndo, func(ctx context.Context, in db) {
		in.tx(ctx, nil, func(_ context.Context, in db) { everything(in, u, s, a) })
		wantEverything(in, u, s, a, true)
	})
	wantEverything(d, u, s, a, false)
}

// txConflict handles a conflict within a transaction: the call that may fail runs in a Tx of its own.
func txConflict(k *kit) {
	d := k.store()
	u := d.add(k.user, nil)
	var after ports.Record
	d.tx(k.ctx, nil, func(ctx context.Context, in db) {
		in.set(changed(k.user, "plan"), u[0], ports.String("pro"))
		err := in.Tx(ctx, func(ctx context.Context) error {
			_, err := in.Create(ctx, k.user, k.record(k.user, values{"email": u[1]}))
			return err
		})
		k.conflict(err, k.user, "email")
		after = in.add(k.user, nil)
	})
	u[3] = ports.String("pro")
	for _, want := range []ports.Record{u, after} {
		got, _ := d.get(k.user, want[0])
		k.want("a record of the transaction", got, want)
	}
}

func txAdds(k *kit) {
	one, other := k.store(), k.again()
	r := one.add(k.session, nil)
	k.race(16, func(i int) bool {
		d := []db{one, other}[i%2]
		err := d.Tx(k.ctx, func(ctx context.Context) error {
			_, _, err := d.Update(ctx, changed(k.session, "+uses"), []ports.Value{r[0], ports.Int(1)})
			return err
		})
		if err != nil {
			k.Errorf("Tx: %v", err)
		}
		return true
	})
	got, _ := one.get(k.session, r[0])
	if n := at(k.session, got, "uses").AsInt(); n != 16 {
		k.Errorf("after 16 transactions that add 1 the count is %d", n)
	}
}

func txEnded(k *kit) {
	d := k.store()
	for _, end := range []error{nil, errUndo} {
		var ended context.Context
		d.tx(k.ctx, end, func(ctx context.Context, _ db) { ended = ctx }) //nolint:fatcontext // what outlives its transaction is the test
		if _, err := d.Create(ended, k.user, k.record(k.user, nil)); err == nil {
			k.Errorf("Create with the context of a transaction that ended is no error")
		}
	}
	if n := d.size(query(k.user)); n != 0 {
		k.Errorf("Create with the context of a transaction that ended stored %d records", n)
	}
}
