package kernia_test

import (
	"context"
	"fmt"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

// Comment is a record of a feature's own: what a user said about a page.
type Comment struct {
	ID        string
	UserID    string  `kernia:"ref=user"`
	Page      string  `kernia:"index"`
	ReplyTo   *string `kernia:"ref=comment"`
	Text      string
	Likes     int64
	CreatedAt time.Time
}

// Comments is a feature with one table, two look-ups and a step.
type Comments struct {
	Table  *kernia.Table[Comment]
	OnPage *kernia.Joined[Comment, kernia.User]
	ByUser *kernia.Lookup[Comment]
	Like   *kernia.Step[Comment]
}

// Declare declares the table and each way to use it.
func (c *Comments) Declare(d *kernia.Declaration) {
	d.Name("comments")
	c.Table = kernia.TableOf[Comment](d, "comment")
	c.OnPage = kernia.Follow(c.Table.Where("page").Desc("likes"), "userId", d.Auth().Users)
	c.ByUser = c.Table.Where("userId")
	c.Like = c.Table.Change("id", "likes <").Add("likes")
}

// A table of your own, read page by page together with the users that its records refer to.
func ExampleTable() {
	ctx := context.Background()
	comments := &Comments{}
	auth, err := kernia.New(kernia.Config{
		BaseURL: "https://api.example.com/api/auth", Secret: "Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", Store: memory.New(),
	}, comments)
	if err != nil {
		panic(err)
	}
	if _, err := auth.Migrate(ctx, true); err != nil {
		panic(err)
	}
	ann := auth.Users.New(ctx)
	ann.Name, ann.Email = "Ann", "ann@example.com"
	if ann, err = auth.Users.Create(ctx, ann); err != nil {
		panic(err)
	}
	var first Comment
	for i, text := range []string{"First!", "Nice page.", "A typo: teh."} {
		made, err := comments.Table.Create(ctx, Comment{UserID: ann.ID, Page: "/home", Text: text, Likes: int64(i)})
		if err != nil {
			panic(err)
		}
		if i == 0 {
			first = made
		}
	}

	page, total, err := comments.OnPage.Page(ctx, 2, 0, "/home") // the first two
	if err != nil {
		panic(err)
	}
	for _, p := range page {
		fmt.Println(p.Target.Name, "wrote", p.Record.Text)
	}
	fmt.Println(len(page), "of", total)

	for range 2 { // likes grow while they are below 1
		liked, err := comments.Like.Do(ctx, first.ID, 1, 1)
		fmt.Println(liked != nil, err)
	}
	if _, err := comments.Table.Update(ctx, first.ID, kernia.Values{"text": "Second!"}); err != nil {
		panic(err)
	}
	gone, err := comments.ByUser.Delete(ctx, ann.ID)
	fmt.Println(gone, err)
	// Output:
	// Ann wrote A typo: teh.
	// Ann wrote Nice page.
	// 2 of 3
	// true <nil>
	// false <nil>
	// 3 <nil>
}
