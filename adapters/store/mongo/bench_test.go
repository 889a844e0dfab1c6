package kerniamongo_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/storetest"
)

// BenchmarkStore measures what most requests do. Times on the stand-in are the stand-in's.
func BenchmarkStore(b *testing.B) {
	need(b)
	storetest.Bench(b, func(b *testing.B, name string) ports.Store {
		b.Helper()
		return kerniamongo.New(database(b, name), kerniamongo.Options{KeepExpired: true})
	})
}

// BenchmarkSession compares the look-up of a session with what is written by hand on the driver: one $lookup, or two
// reads where the server has none, as on the stand-in.
func BenchmarkSession(b *testing.B) {
	need(b)
	storetest.BenchSession(b, func(b *testing.B, name string) (ports.Store, storetest.Hand) {
		b.Helper()
		db := database(b, name)
		hand := readTwice
		if server.real {
			hand = lookUp
		}
		sessions, users := db.Collection("session"), db.Collection("user")
		return kerniamongo.New(db, kerniamongo.Options{KeepExpired: true}), func(ctx context.Context, hash, token string) ([]storetest.SignedIn, error) {
			found, err := hand(ctx, sessions, users, bson.D{{Key: "token", Value: bson.D{{Key: "$in", Value: bson.A{hash, token}}}}})
			slices.SortFunc(found, func(a, b storetest.SignedIn) int { return strings.Compare(a.Session.ID, b.Session.ID) })
			return found, err
		}
	})
}

type sessionRow struct {
	ID        string    `bson:"_id"`
	ExpiresAt time.Time `bson:"expiresAt"`
	Token     string    `bson:"token"`
	CreatedAt time.Time `bson:"createdAt"`
	UpdatedAt time.Time `bson:"updatedAt"`
	IPAddress *string   `bson:"ipAddress"`
	UserAgent *string   `bson:"userAgent"`
	UserID    string    `bson:"userId"`
	User      userRow   `bson:"user"`
}

type userRow struct {
	ID            string    `bson:"_id"`
	Name          string    `bson:"name"`
	Email         string    `bson:"email"`
	EmailVerified bool      `bson:"emailVerified"`
	Image         *string   `bson:"image"`
	CreatedAt     time.Time `bson:"createdAt"`
	UpdatedAt     time.Time `bson:"updatedAt"`
}

func (r *sessionRow) signedIn() storetest.SignedIn {
	in := storetest.SignedIn{
		Session: ports.Session{
			ID: r.ID, ExpiresAt: r.ExpiresAt, Token: r.Token, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, UserID: r.UserID,
		},
		User: ports.User{
			ID: r.User.ID, Name: r.User.Name, Email: r.User.Email, EmailVerified: r.User.EmailVerified, Image: r.User.Image,
			CreatedAt: r.User.CreatedAt, UpdatedAt: r.User.UpdatedAt,
		},
	}
	if r.IPAddress != nil {
		in.Session.IPAddress = *r.IPAddress
	}
	if r.UserAgent != nil {
		in.Session.UserAgent = *r.UserAgent
	}
	return in
}

func lookUp(ctx context.Context, sessions, _ *mongo.Collection, filter bson.D) ([]storetest.SignedIn, error) {
	cursor, err := sessions.Aggregate(ctx, mongo.Pipeline{
		{{Key: "$match", Value: filter}},
		{{Key: "$lookup", Value: bson.D{{Key: "from", Value: "user"}, {Key: "localField", Value: "userId"}, {Key: "foreignField", Value: "_id"}, {Key: "as", Value: "user"}}}},
		{{Key: "$unwind", Value: "$user"}},
		{{Key: "$limit", Value: 2}},
	})
	if err != nil {
		return nil, err
	}
	var rows []sessionRow
	if err := cursor.All(ctx, &rows); err != nil {
		return nil, err
	}
	var found []storetest.SignedIn
	for i := range rows {
		found = append(found, rows[i].signedIn())
	}
	return found, nil
}

func readTwice(ctx context.Context, sessions, users *mongo.Collection, filter bson.D) ([]storetest.SignedIn, error) {
	cursor, err := sessions.Find(ctx, filter, options.Find().SetLimit(2))
	if err != nil {
		return nil, err
	}
	var rows []sessionRow
	if err := cursor.All(ctx, &rows); err != nil || len(rows) == 0 {
		return nil, err
	}
	var ids bson.A
	for i := range rows {
		ids = append(ids, rows[i].UserID)
	}
	byID := bson.D{{Key: "_id", Value: ids[0]}}
	if len(ids) > 1 {
		byID = bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	}
	cursor, err = users.Find(ctx, byID)
	if err != nil {
		return nil, err
	}
	var of []userRow
	if err := cursor.All(ctx, &of); err != nil {
		return nil, err
	}
	var found []storetest.SignedIn
	for i := range rows {
		at := slices.IndexFunc(of, func(u userRow) bool { return u.ID == rows[i].UserID })
		if at >= 0 {
			rows[i].User = of[at]
			found = append(found, rows[i].signedIn())
		}
	}
	return found, nil
}
