package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/kernia-go/kernia/ports"
)

// Bench measures the calls that most requests make, on a database of 1000 users: to find a session with its user
// by its token, to find an account by the e-mail address of its user, and to create a session. open is as that of
// [Run].
func Bench(b *testing.B, open func(b *testing.B, name string) ports.Store) {
	b.Helper()
	k := newKit(b, newOptions(nil), func(name string) ports.Store { return open(b, name) })
	d := k.store()
	for i := range 1000 {
		u := d.add(k.user, values{"email": ports.String(fmt.Sprintf("u%d@example.com", i))})
		d.add(k.session, values{"userId": u[0], "token": ports.String(fmt.Sprint("token", i)), "expiresAt": ports.Time(noon())})
		d.add(k.account, values{"userId": u[0], "providerId": ports.String("credential"), "accountId": u[0]})
	}
	b.Run("SessionByToken", func(b *testing.B) { benchSession(b, d) })
	b.Run("AccountByEmail", func(b *testing.B) { benchAccount(b, d) })
	b.Run("Create", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Create(b.Context(), k.session, d.whole(k.session, nil)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchSession(b *testing.B, d db) {
	b.Helper()
	q := d.follow(cond("token", ports.In), cond("expiresAt", ports.Gt))
	q.Limit = 1
	now := ports.Time(noon().AddDate(0, 0, -1))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		args := []ports.Value{ports.String(fmt.Sprint("token", i%1000)), ports.String("sha256:none"), now}
		if rs, err := d.Find(b.Context(), q, args); err != nil || len(rs) != 1 {
			b.Fatal(len(rs), err)
		}
	}
}

func benchAccount(b *testing.B, d db) {
	b.Helper()
	q := query(d.account, cond("providerId", ports.Eq), followed("email", ports.Eq))
	q.Follow, q.Limit = "userId", 1
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		args := []ports.Value{ports.String("credential"), ports.String(fmt.Sprintf("u%d@example.com", i%1000))}
		if rs, err := d.Find(b.Context(), q, args); err != nil || len(rs) != 1 {
			b.Fatal(len(rs), err)
		}
	}
}

// SignedIn is a session with its user, as a look-up by token yields them.
type SignedIn struct {
	Session ports.Session
	User    ports.User
}

// A Hand finds sessions with their users in a database that BenchSession filled, by a query written by hand on
// the store's own pool: the at most two whose token is one of two, in the order of their ids, with all their fields.
// The tables are user and session, their columns named and typed as the fields of the models of [BenchSession].
type Hand func(ctx context.Context, hash, token string) ([]SignedIn, error)

// BenchSession measures what verifying a session costs: to find it with its user by one of two tokens, among 1000.
// It does so through the store, and by hand; both must find the same. Beside one benchmark for each there is one in
// turns, in which whatever else the machine is doing burdens both alike: believe its ratio. open is as that of [Run].
func BenchSession(b *testing.B, open func(b *testing.B, name string) (ports.Store, Hand)) {
	b.Helper()
	s, hand := open(b, databaseName(b.Name()))
	q := benchModels(b, s)
	ctx, cancel := context.WithCancel(b.Context()) // as that of a request
	defer cancel()
	store := func(ctx context.Context, hash, token string) ([]SignedIn, error) {
		rs, err := s.Find(ctx, q, []ports.Value{ports.String(hash), ports.String(token)})
		var found []SignedIn
		for _, r := range rs {
			found = append(found, signedIn(r))
		}
		return found, err
	}
	agree(b, store, hand)
	both := [2]Hand{store, hand}
	tokens := make([]string, benchRows)
	for i := range tokens {
		tokens[i] = benchToken(i)
	}
	call := func(b *testing.B, find Hand, i int) {
		if found, err := find(ctx, noToken, tokens[i%benchRows]); err != nil || len(found) != 1 {
			b.Fatal(len(found), err)
		}
	}
	for who, name := range [2]string{"store", "hand"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				call(b, both[who], i)
			}
		})
	}
	b.Run("turns", func(b *testing.B) {
		var spent [2][]time.Duration
		for i := 0; b.Loop(); i++ {
			for j := range 2 {
				who := (i + j) % 2
				start := time.Now()
				call(b, both[who], i)
				spent[who] = append(spent[who], time.Since(start))
			}
		}
		mine, theirs := median(spent[0]), median(spent[1])
		b.ReportMetric(mine, "store-ns")
		b.ReportMetric(theirs, "hand-ns")
		b.ReportMetric(mine/theirs, "store/hand")
	})
}

const (
	benchRows = 1000
	noToken   = "sha256:0123456789012345678901234567890123456789012"
)

func benchToken(i int) string { return fmt.Sprintf("0123456789012345678901234567%04d", i) }

// agree ends the benchmark where two ways to find sessions differ: by one token, by two, by none that is there.
func agree(b *testing.B, store, hand Hand) {
	b.Helper()
	for _, c := range []struct {
		hash, token string
		want        int
	}{{noToken, benchToken(7), 1}, {benchToken(8), noToken, 1}, {benchToken(9), benchToken(3), 2}, {noToken, "none", 0}} {
		got, err := store(b.Context(), c.hash, c.token)
		want, handErr := hand(b.Context(), c.hash, c.token)
		if err != nil || handErr != nil || len(got) != c.want || !reflect.DeepEqual(got, want) {
			b.Fatalf("the store found %+v, %v, by hand %+v, %v, want the same %d", got, err, want, handErr, c.want)
		}
	}
}

// benchModels makes and fills the tables of sessions and users, and returns how the core looks a session up.
func benchModels(b *testing.B, s ports.Store) *ports.Query {
	b.Helper()
	text := func(name string) ports.Field { return ports.Field{Name: name, Type: ports.TypeString} }
	maybe := func(name string) ports.Field { return ports.Field{Name: name, Type: ports.TypeString, Null: true} }
	instant := func(name string) ports.Field { return ports.Field{Name: name, Type: ports.TypeTime} }
	user := &ports.Model{Name: "user", Unique: []ports.Key{{"email"}}, Fields: []ports.Field{
		text("id"), text("name"), text("email"), {Name: "emailVerified", Type: ports.TypeBool}, maybe("image"), instant("createdAt"), instant("updatedAt"),
	}}
	session := &ports.Model{Name: "session", Unique: []ports.Key{{"token"}}, Index: []ports.Key{{"userId"}}, Fields: []ports.Field{
		text("id"), instant("expiresAt"), text("token"), instant("createdAt"), instant("updatedAt"), maybe("ipAddress"), maybe("userAgent"),
		{Name: "userId", Type: ports.TypeString, References: user},
	}}
	user.Dependents = []ports.Dependent{{Model: session, Field: "userId"}}
	if _, err := s.Migrate(b.Context(), []*ports.Model{user, session}, true); err != nil {
		b.Fatal(err)
	}
	for i := range benchRows {
		id, now := ports.String(benchToken(i)), ports.Time(noon().Add(time.Duration(i)*time.Second))
		u := ports.Record{id, ports.String("Ada Lovelace"), ports.String(fmt.Sprintf("u%d@example.com", i)), ports.Bool(i%2 == 0), {}, now, now}
		r := ports.Record{id, now, id, now, now, ports.String("203.0.113.7"), ports.String("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"), id}
		if _, err := s.Create(b.Context(), user, u); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Create(b.Context(), session, r); err != nil {
			b.Fatal(err)
		}
	}
	tokens := ports.Condition{Field: "token", Op: ports.In, Count: 2}
	return &ports.Query{Model: session, Where: []ports.Condition{tokens}, Follow: "userId", Limit: 2}
}

// signedIn returns a record that benchModels' query found as what callers work with.
func signedIn(r ports.Record) SignedIn {
	in := SignedIn{
		Session: ports.Session{
			ID: r[0].AsString(), ExpiresAt: r[1].AsTime(), Token: r[2].AsString(), CreatedAt: r[3].AsTime(), UpdatedAt: r[4].AsTime(),
			IPAddress: r[5].AsString(), UserAgent: r[6].AsString(), UserID: r[7].AsString(),
		},
		User: ports.User{
			ID: r[8].AsString(), Name: r[9].AsString(), Email: r[10].AsString(), EmailVerified: r[11].AsBool(),
			CreatedAt: r[13].AsTime(), UpdatedAt: r[14].AsTime(),
		},
	}
	if !r[12].IsNull() {
		image := r[12].AsString()
		in.User.Image = &image
	}
	return in
}

// median returns the middle of durations, in nanoseconds.
func median(of []time.Duration) float64 {
	slices.Sort(of)
	return float64(of[len(of)/2])
}
