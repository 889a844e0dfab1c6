package instances_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	kerniapostgres "github.com/kernia-go/kernia/adapters/store/postgres"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// inRedis runs a test on two instances for every place that has sessions in Redis.
func inRedis(t *testing.T, test func(t *testing.T, one, two *instance)) {
	fields := []kernia.Extra{
		kernia.Field[string]{Name: "a", Input: true}, kernia.Field[string]{Name: "b", Input: true}, kernia.Field[string]{Name: "c", Input: true},
	}
	for name, place := range map[string]kernia.Place{"InKV": kernia.InKV, "InBoth": kernia.InBoth} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			change := func(cfg *kernia.Config) {
				cfg.Session.Place, cfg.SessionFields, cfg.Timeout = place, fields, 20*time.Second
			}
			test(t, c.start(change), c.start(change))
		})
	}
}

func (i *instance) user(email string) *kernia.User {
	i.t.Helper()
	u, err := i.auth.Users.FindByEmail(i.t.Context(), email)
	if err != nil || u == nil {
		i.t.Fatalf("FindByEmail = %v, %v", u, err)
	}
	return u
}

func (i *instance) shows(cookie string) string {
	i.t.Helper()
	return i.send("GET", "/api/auth/get-session", "", cookie).body
}

// TestUpdatesOnTwoInstancesAllSurvive: updates of different fields of one session, and of its user, are all there
// although they come at once and by two instances.
func TestUpdatesOnTwoInstancesAllSurvive(t *testing.T) {
	inRedis(t, func(t *testing.T, one, two *instance) {
		cookie := one.signUp("ann@example.com")
		for round := range 30 {
			var all sync.WaitGroup
			for n, f := range []string{"a", "b", "c"} {
				all.Go(func() {
					on := []*instance{one, two}[n%2]
					if a := on.send("POST", "/api/auth/update-session", fmt.Sprintf(`{%q:"%s%d"}`, f, f, round), cookie); a.status != 200 {
						t.Errorf("update-session = %d %s", a.status, a.body)
					}
				})
			}
			all.Go(func() {
				if a := two.send("POST", "/api/auth/update-user", fmt.Sprintf(`{"name":"n%d"}`, round), cookie); a.status != 200 {
					t.Errorf("update-user = %d %s", a.status, a.body)
				}
			})
			all.Wait()
			now := one.shows(cookie)
			for _, f := range []string{"a", "b", "c", "n"} {
				if !strings.Contains(now, fmt.Sprintf(`"%s%d"`, f, round)) {
					t.Fatalf("round %d: %s is lost: %s", round, f, now)
				}
			}
		}
	})
}

// TestManySessionsOnRedis: a user who signs in far more often than they may have sessions is changed and deleted soon,
// and it counts for every session.
func TestManySessionsOnRedis(t *testing.T) {
	inRedis(t, func(t *testing.T, one, two *instance) {
		first := one.signUp("ann@example.com")
		u := one.user("ann@example.com")
		var cookies []string
		for range 150 {
			s, err := one.auth.Sessions.Issue(t.Context(), *u, kernia.NewSession{})
			if err != nil {
				t.Fatal(err)
			}
			cookies = append(cookies, one.auth.Sessions.Cookie(s.Token))
		}
		if two.signedIn(first) || two.signedIn(cookies[49]) || !two.signedIn(cookies[50]) {
			t.Error("not the hundred newest sessions are live")
		}
		if a := two.send("POST", "/api/auth/update-user", `{"name":"B"}`, cookies[149]); a.status != 200 {
			t.Errorf("update-user = %d %s", a.status, a.body)
		}
		for _, cookie := range cookies[50:] {
			if now := one.shows(cookie); !strings.Contains(now, `"name":"B"`) {
				t.Fatalf("a session shows %s", now)
			}
		}
		if gone, err := two.auth.Users.Delete(t.Context(), u.ID); !gone || err != nil {
			t.Errorf("Delete = %v, %v", gone, err)
		}
		for _, cookie := range cookies[50:] {
			if one.signedIn(cookie) {
				t.Fatal("a session survives its user")
			}
		}
	})
}

// TestJoinedTransaction: what happens to users, sessions and key-value entries in a transaction of the application's own
// on a real Postgres shares its fate, also where a session begins meanwhile.
func TestJoinedTransaction(t *testing.T) {
	for _, commits := range []bool{false, true} {
		t.Run(fmt.Sprint(commits), func(t *testing.T) {
			inRedis(t, func(t *testing.T, one, two *instance) {
				cookie := one.signUp("ann@example.com")
				u := one.user("ann@example.com")
				tx, err := one.pool.BeginTx(t.Context(), pgx.TxOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = tx.Rollback(context.Background()) }() //nolint:usetesting // t.Context() has ended if the test fails
				held, ctx := one.auth.Hold(kerniapostgres.Join(t.Context(), tx))
				if _, err := one.auth.Users.Delete(ctx, u.ID); err != nil {
					t.Fatal(err)
				}
				if err := one.auth.KV().Put(ctx, "feature:key", ports.Entry{Value: "value", Expires: time.Now().Add(time.Hour)}); err != nil {
					t.Fatal(err)
				}
				if _, there, err := one.auth.KV().Find(t.Context(), "feature:key"); there || err != nil {
					t.Errorf("a value is there before the commit: %v, %v", there, err)
				}
				if !two.signedIn(cookie) {
					t.Error("a deletion that is not committed ends a session")
				}
				meanwhile := cookie
				if !strings.HasSuffix(t.Name(), "InBoth") { // there the row of the session waits for the user's
					s, err := two.auth.Sessions.Issue(t.Context(), *u, kernia.NewSession{})
					if err != nil {
						t.Fatal(err)
					}
					meanwhile = two.auth.Sessions.Cookie(s.Token)
				}
				if commits {
					err = tx.Commit(t.Context())
				} else {
					err = tx.Rollback(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				if one.signedIn(cookie) == commits || two.signedIn(meanwhile) == commits {
					t.Errorf("right after the end: signed in %v, and by the session that began meanwhile %v", one.signedIn(cookie), two.signedIn(meanwhile))
				}
				if commits {
					held.Release(t.Context())
				}
				if one.signedIn(cookie) == commits || two.signedIn(meanwhile) == commits {
					t.Errorf("signed in %v, and by the session that began meanwhile %v", one.signedIn(cookie), two.signedIn(meanwhile))
				}
				if _, there, err := two.auth.KV().Find(t.Context(), "feature:key"); there != commits || err != nil {
					t.Errorf("the value is there: %v, %v", there, err)
				}
			})
		})
	}
}

// TestRedisFailsHalfWay: a change to a user whose end Redis did not see counts for every session all the same.
func TestRedisFailsHalfWay(t *testing.T) {
	inRedis(t, func(t *testing.T, one, two *instance) {
		cookie := one.signUp("ann@example.com")
		u := one.user("ann@example.com")
		held, ctx := one.auth.Hold(t.Context())
		var change kernia.Patch
		if _, err := one.auth.Users.Update(ctx, u.ID, *change.Name("Banned")); err != nil {
			t.Fatal(err)
		}
		_ = held // it is never released, as if the program had ended here
		if now := two.shows(cookie); !strings.Contains(now, `"name":"Banned"`) {
			t.Errorf("the session shows %s", now)
		}
	})
}
