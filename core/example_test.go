package kernia_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/emailpassword"
	"github.com/kernia-go/kernia/ports/memory"
)

// Bookmark is a record of a feature's own.
type Bookmark struct {
	ID     string
	UserID string `kernia:"ref=user"`
	URL    string
}

// Bookmarks is a feature: one table and two operations. Its zero value allows 100 bookmarks.
type Bookmarks struct{ Max int64 }

// ErrTooManyBookmarks says that the user has as many as they may.
var ErrTooManyBookmarks = &kernia.Error{Kind: kernia.Denied, Code: "TOO_MANY_BOOKMARKS", Message: "Too many bookmarks"}

// AddInput is one bookmark to add.
type AddInput struct {
	URL string `json:"url" in:"min=1,max=2048"`
}

// Declare adds the table and the operations.
func (f Bookmarks) Declare(d *kernia.Declaration) {
	d.Name("bookmarks")
	if f.Max == 0 {
		f.Max = 100
	}
	table := kernia.TableOf[Bookmark](d, "bookmark")
	mine := table.Where("userId").Limit(100)
	kernia.Post(d, "/bookmark/add", func(ctx context.Context, c *kernia.Call, in AddInput) (Bookmark, error) {
		p, err := c.Session(ctx)
		if err != nil {
			return Bookmark{}, err
		}
		n, err := mine.Count(ctx, p.User.ID)
		if err != nil {
			return Bookmark{}, err
		}
		if n >= f.Max {
			return Bookmark{}, ErrTooManyBookmarks
		}
		return table.Create(ctx, Bookmark{UserID: p.User.ID, URL: in.URL})
	}, kernia.SignedIn, kernia.Errors(ErrTooManyBookmarks))
	kernia.Get(d, "/bookmark/list", func(ctx context.Context, c *kernia.Call, _ kernia.None) ([]Bookmark, error) {
		p, err := c.Session(ctx)
		if err != nil {
			return nil, err
		}
		return mine.All(ctx, p.User.ID)
	}, kernia.SignedIn)
}

// A feature of your own is a struct with Declare; its operations run over HTTP and, as here, without.
func ExampleFeature() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		Timeout: time.Minute, // a busy machine hashes slowly
	}, emailpassword.Feature{}, Bookmarks{Max: 1})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	out, err := emailpassword.SignUp(ctx, auth, emailpassword.SignUpInput{Name: "Ann", Email: "ann@example.com", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	as := kernia.As(ctx, *out.Token)
	b, err := kernia.Invoke[Bookmark](as, auth, "POST /bookmark/add", AddInput{URL: "https://go.dev"})
	fmt.Println(b.URL, err)
	_, err = kernia.Invoke[Bookmark](as, auth, "POST /bookmark/add", AddInput{URL: "https://pkg.go.dev"})
	fmt.Println(errors.Is(err, ErrTooManyBookmarks))
	// Output:
	// https://go.dev <nil>
	// true
}

// Plan is a column of the application's own on users.
var Plan = kernia.Field[string]{Name: "plan", Default: kernia.Some("free"), Input: true}

func ExampleField() {
	ctx := context.Background()
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
		UserFields: []kernia.Extra{Plan},
	})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	u := auth.Users.New(ctx)
	u.Name, u.Email = "Ann", "ann@example.com"
	if u, err = auth.Users.Create(ctx, u); err != nil {
		panic(err)
	}
	fmt.Println(Plan.Of(u))

	var change kernia.Patch
	Plan.Set(&change, "pro")
	if u, err = auth.Users.Update(ctx, u.ID, change); err != nil {
		panic(err)
	}
	fmt.Println(Plan.Of(u))
	// Output:
	// free
	// pro
}
