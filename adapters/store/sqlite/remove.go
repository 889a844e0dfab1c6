package kerniasqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/kernia-go/kernia/ports"
)

// remove removes the one record that c describes after all that refer to it, and returns it.
func (s *Store) remove(ctx context.Context, c *mutation, args []ports.Value) (records []ports.Record, err error) {
	bound, err := c.ids.encode(args, 0, 0)
	if err != nil {
		return nil, err
	}
	err = s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if records, err = s.records(ctx, c.ids, true, bound); err != nil || len(records) == 0 {
			return err
		}
		id, err := c.table.columns[0].encode(records[0][0])
		if err != nil {
			return err
		}
		return s.removal(ctx, tx).remove(c.table, []any{id})
	})
	return records, err
}

// purge removes the records that c describes after all that refer to them, and returns how many of their table
// went.
func (s *Store) purge(ctx context.Context, c *mutation, args []ports.Value) (n int64, err error) {
	bound, err := c.ids.encode(args, 0, 0)
	if err != nil {
		return 0, err
	}
	err = s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ids, err := scanIDs(tx.QueryContext(ctx, c.ids.sql, bound...))
		if err != nil {
			return err
		}
		rm := s.removal(ctx, tx)
		err = rm.remove(c.table, ids)
		n = int64(len(rm.seen[c.table.name]))
		return err
	})
	return n, err
}

// A removal deletes records in one transaction, those that refer to them first, and knows what it met by table and id.
type removal struct {
	ctx  context.Context //nolint:containedctx // lives as long as one call
	s    *Store
	tx   *sql.Tx
	seen map[string]map[any]bool
}

func (s *Store) removal(ctx context.Context, tx *sql.Tx) *removal {
	return &removal{ctx: ctx, s: s, tx: tx, seen: map[string]map[any]bool{}}
}

// remove deletes the records of t under ids, after those that refer to them. Records that refer to each other in
// a circle are met twice and go once.
func (rm *removal) remove(t *table, ids []any) error {
	seen := rm.seen[t.name]
	if seen == nil {
		seen = map[any]bool{}
		rm.seen[t.name] = seen
	}
	fresh := make([]any, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			fresh = append(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	list, err := json.Marshal(fresh)
	if err != nil {
		return err
	}
	for _, c := range t.children {
		if err := rm.removeChild(c, string(list)); err != nil {
			return err
		}
	}
	_, err = rm.tx.ExecContext(rm.ctx, t.drop, string(list))
	return err
}

func (rm *removal) removeChild(c child, list string) error {
	if len(c.model.Dependents) == 0 {
		_, err := rm.tx.ExecContext(rm.ctx, c.drop, list)
		return err
	}
	t, err := rm.s.table(c.model)
	if err != nil {
		return err
	}
	ids, err := scanIDs(rm.tx.QueryContext(rm.ctx, c.ids, list))
	if err != nil {
		return err
	}
	return rm.remove(t, ids)
}

// scanIDs reads ids as the database has them.
func scanIDs(rows *sql.Rows, err error) (ids []any, _ error) {
	if err != nil {
		return nil, err
	}
	for err == nil && rows.Next() {
		var id any
		if err = rows.Scan(&id); err == nil {
			if b, ok := id.([]byte); ok {
				id = string(b)
			}
			ids = append(ids, id)
		}
	}
	return ids, errors.Join(err, rows.Err(), rows.Close())
}
