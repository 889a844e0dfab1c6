package kernia_test

import (
	"context"
	"strings"
	"testing"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/core/kerniatest"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/memory"
)

// badge lets users be found by a number on a badge.
type badge struct {
	field kernia.Extra
	key   **kernia.UserKey
}

func (b badge) Declare(d *kernia.Declaration) {
	d.Name("badge")
	d.UserField(b.field)
	*b.key = d.UserKey("badge")
	d.Answers([]string{"/update-*"}, kernia.ErrFieldTaken.With("badge", true))
}

func TestUserKey(t *testing.T) {
	field := kernia.Field[*string]{Name: "badge", Input: true, Unique: true}
	store := &counting{Store: memory.New()}
	var key *kernia.UserKey
	auth := kerniatest.New(t, kernia.Config{Store: store}, emailpassword.Feature{}, badge{field, &key})
	b := kerniatest.NewBrowser(t, auth)
	if a := b.Post("/sign-up/email", `{"name":"Ann","email":"ann@example.com","password":"password123","badge":"B-7"}`); a.Status != 200 {
		t.Fatalf("sign-up = %d %s", a.Status, a.Body)
	}
	fresh := auth.Users.New(t.Context())
	number := "B-8"
	fresh.Email = "bob@example.com"
	field.Set(&fresh, &number)
	if _, err := auth.Users.Create(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]struct{ email, credential string }{
		"B-7": {"ann@example.com", "ann@example.com"},
		"B-8": {"bob@example.com", ""}, // has no password
		"b-7": {}, "": {},
	} {
		store.finds = 0
		u, err := key.Find(t.Context(), value)
		if err != nil || (u != nil) != (want.email != "") || u != nil && u.Email != want.email {
			t.Errorf("Find(%q) = %v, %v, want %q", value, u, err, want.email)
		}
		c, err := key.FindCredential(t.Context(), value)
		if err != nil || (c != nil) != (want.credential != "") || c != nil && (c.User.Email != want.credential || c.Account.Password == "") {
			t.Errorf("FindCredential(%q) = %v, %v, want %q", value, c, err, want.credential)
		}
		if store.finds != 2 {
			t.Errorf("%d look-ups for two answers", store.finds)
		}
	}
}

// counting counts look-ups.
type counting struct {
	*memory.Store
	finds int
}

func (c *counting) Find(ctx context.Context, q *ports.Query, args []ports.Value) ([]ports.Record, error) {
	c.finds++
	return c.Store.Find(ctx, q, args)
}

func TestUserKeyNeedsAUniqueText(t *testing.T) {
	for _, field := range []kernia.Extra{
		kernia.Field[*string]{Name: "badge"}, kernia.Field[*int64]{Name: "badge", Unique: true}, kernia.Field[*string]{Name: "other", Unique: true},
	} {
		var key *kernia.UserKey
		_, err := kernia.New(kernia.Config{BaseURL: own, Secret: kerniatest.Secret, Store: memory.New()}, badge{field, &key})
		if err == nil || !strings.Contains(err.Error(), "feature badge") || !strings.Contains(err.Error(), `"badge"`) {
			t.Errorf("New with %+v = %v, want an error that names the feature and the field", field, err)
		}
	}
}

func TestAnswersAddToTheOperationsOfOthers(t *testing.T) {
	var key *kernia.UserKey
	auth := kerniatest.New(t, kernia.Config{}, emailpassword.Feature{}, badge{kernia.Field[*string]{Name: "badge", Unique: true}, &key})
	for _, o := range auth.Operations() {
		n := 0
		for _, e := range o.Errors {
			if e.Error() == kernia.ErrFieldTaken.Error() {
				n++
			}
		}
		want := map[string]int{"POST /update-user": 2, "POST /update-session": 2, "POST /sign-up/email": 1}[o.Name()]
		if n != want {
			t.Errorf("%s may answer it %d times, want %d", o.Name(), n, want)
		}
	}
}
