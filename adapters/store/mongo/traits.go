package kerniamongo

import (
	"context"

	"go.mongodb.org/mongo-driver/bson"
)

// traits are what the server can do, as it says itself.
type traits struct {
	transactions bool // a replica set or mongos
	plainIndexes bool // FerretDB 1: no partial and no TTL index, and unique indexes pass over missing fields
}

// ask returns the traits of the server, asking it once.
func (s *Store) ask(ctx context.Context) (*traits, error) {
	if t := s.traits.Load(); t != nil {
		return t, nil
	}
	var hello struct {
		SetName string `bson:"setName"`
		Msg     string `bson:"msg"`
	}
	if err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
		return nil, err
	}
	var build struct {
		Ferret   string `bson:"ferretdbVersion"`
		Features bson.M `bson:"ferretdbFeatures"`
	}
	if err := s.db.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&build); err != nil {
		return nil, err
	}
	t := &traits{
		transactions: hello.SetName != "" || hello.Msg == "isdbgrid",
		plainIndexes: build.Ferret != "" && build.Features["aggregationStages"] != nil, // version 2 lists none
	}
	s.traits.Store(t)
	return t, nil
}
