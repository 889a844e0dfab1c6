package storetest

import (
	"context"

	"github.com/kernia-go/kernia/ports"
)

// A JoinFunc begins a transaction of the application's own on the database that Run calls name, and puts it into a
// context by the store's Join function. The kit calls end once, to commit or to roll back.
type JoinFunc func(ctx context.Context, name string) (joined context.Context, end func(commit bool) error, err error)

// Joining is for a store that is a [ports.Joinable], which the kit cannot prove otherwise.
func Joining(begin JoinFunc) Option { return func(o *options) { o.begin = begin } }

func joining() []promise {
	return []promise{
		{name: "KnowsTheTransactionOfTheApplication", prove: joinKnows, join: true},
		{name: "CommitsWithTheApplication", prove: joinCommits, join: true},
		{name: "RollsBackWithTheApplication", prove: joinRollsBack, join: true},
		{name: "RollsBackASavepointAlone", prove: joinSavepoint, join: true},
		{name: "LosesACommittedSavepointWithTheWhole", prove: joinLoses, join: true},
	}
}

// undeclared returns what is wrong with a store that is joinable while the kit was not told how, or "".
func (o options) undeclared(s ports.Store) string {
	if _, ok := s.(ports.Joinable); ok && o.begin == nil {
		return "the store is a ports.Joinable: pass storetest.Joining"
	}
	return ""
}

// joined is d inside a transaction of the application. The test ends it; where the test ends before, it is rolled back.
func (d db) joined() (in db, end func(commit bool)) {
	d.Helper()
	ctx, finish, err := d.begin(d.ctx, d.database)
	if err != nil {
		d.Fatalf("beginning a transaction of the application: %v", err)
	}
	over := false
	d.Cleanup(func() {
		if !over {
			_ = finish(false)
		}
	})
	k := *d.kit
	k.ctx = ctx
	return db{&k, d.Store}, func(commit bool) {
		d.Helper()
		over = true
		if err := finish(commit); err != nil {
			d.Fatalf("ending the transaction of the application: %v", err)
		}
	}
}

func joinKnows(k *kit) {
	d := k.store()
	s, ok := d.Store.(ports.Joinable)
	if !ok {
		k.Fatalf("the store is no ports.Joinable")
	}
	if s.Joined(k.ctx) {
		k.Errorf("Joined of a context without a transaction = true")
	}
	d.tx(k.ctx, nil, func(ctx context.Context, _ db) {
		if s.Joined(ctx) {
			k.Errorf("Joined inside Tx = true, though the transaction is the store's own")
		}
	})
	in, end := d.joined()
	if !s.Joined(in.ctx) {
		k.Errorf("Joined of a context with a transaction of the application = false")
	}
	in.tx(in.ctx, nil, func(ctx context.Context, _ db) {
		if !s.Joined(ctx) {
			k.Errorf("Joined inside Tx inside a transaction of the application = false")
		}
	})
	end(true)
}

func joinCommits(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	in, end := d.joined()
	everything(in, u, s, a)
	wantEverything(in, u, s, a, true)
	end(true)
	wantEverything(d, u, s, a, true)
}

func joinRollsBack(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	in, end := d.joined()
	everything(in, u, s, a)
	end(false)
	wantEverything(d, u, s, a, false)
}

func joinSavepoint(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	in, end := d.joined()
	before := in.add(k.note, nil)
	in.tx(in.ctx, errUndo, func(_ context.Context, in db) { everything(in, u, s, a) })
	wantEverything(in, u, s, a, false)
	after := in.add(k.note, nil)
	end(true)
	wantEverything(d, u, s, a, false)
	for _, r := range []ports.Record{before, after} {
		got, _ := d.get(k.note, r[0])
		k.want("a record of the application's transaction", got, r)
	}
}

func joinLoses(k *kit) {
	d := k.store()
	u, s, a := d.add(k.user, nil), d.add(k.session, nil), d.add(k.account, nil)
	in, end := d.joined()
	in.tx(in.ctx, nil, func(_ context.Context, in db) { everything(in, u, s, a) })
	wantEverything(in, u, s, a, true)
	end(false)
	wantEverything(d, u, s, a, false)
}
