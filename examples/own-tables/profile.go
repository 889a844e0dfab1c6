package main

import (
	"context"

	kerniasqlite "github.com/kernia-go/kernia/adapters/store/sqlite"
	kernia "github.com/kernia-go/kernia/core"
)

// addProfile gives a new user a profile, in the transaction that stores the user: an error leaves neither. A nick that is
// taken is the client's mistake.
func addProfile(ctx context.Context, store *kerniasqlite.Store, u kernia.User) error {
	result, err := store.TxFrom(ctx).ExecContext(ctx, `INSERT INTO profile (nick, user_id) VALUES (lower(?), ?) ON CONFLICT DO NOTHING`, u.Name, u.ID)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return &kernia.Error{Kind: kernia.Unprocessable, Code: "NICK_IS_TAKEN", Message: "This name is already taken"}
}
