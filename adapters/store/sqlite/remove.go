package kerniasqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/kernia-go/kernia/ports"
)

// delete removes what c describes and returns how many records of its model went.
func (s *Store) delete(ctx context.Context, c *changer, args []ports.Value) (n int64, err error) {
	if c.ids != nil {
		return s.purge(ctx, c, args)
	}
	bound, err := c.run.bind(args, 0, 0)
	if err != nil {
		return 0, err
	}
	err = s.patiently(ctx, true, func() error {
		n, err = s.exec(ctx, c.run, bound)
		return err
	})
	return n, err
}

// exec runs a statement without results and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, st *statement, args []any) (int64, error) {
	var r sql.Result
	if t := s.transaction(ctx); t != nil {
		var err error
		if r, err = t.tx.ExecContext(ctx, st.text, args...); err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	p, err := s.prepare(ctx, st, true) //nolint:sqlclosecheck // kept for the store's life
	if err != nil {
		return 0, err
	}
	if r, err = p.ExecContext(ctx, args...); err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// remove removes the one record that c describes after all that refer to it, and returns it.
func (s *Store) remove(ctx context.Context, c *changer, args []ports.Value) (records []ports.Record, err error) {
	bound, err := c.ids.bind(args, 0, 0)
	if err != nil {
		return nil, err
	}
	err = s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if records, err = s.records(ctx, c.ids, true, bound); err != nil || len(records) == 0 {
			return err
		}
		id, err := c.table.cols[0].bind(records[0][0])
		if err != nil {
			return err
		}
		return s.victims(ctx, tx).remove(c.table, []any{id})
	})
	return records, err
}

// purge removes the records that c describes after all that refer to them, and returns how many of their table
// went.
func (s *Store) purge(ctx context.Context, c *changer, args []ports.Value) (n int64, err error) {
	bound, err := c.ids.bind(args, 0, 0)
	if err != nil {
		return 0, err
	}
	err = s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ids, err := scanIDs(tx.QueryContext(ctx, c.ids.text, bound...))
		if err != nil {
			return err
		}
		v := s.victims(ctx, tx)
		err = v.remove(c.table, ids)
		n = int64(len(v.seen[c.table.name]))
		return err
	})
	return n, err
}

// victims are the records that go in one transaction, by table and id.
type victims struct {
	ctx  context.Context //nolint:containedctx // lives as long as one call
	s    *Store
	tx   *sql.Tx
	seen map[string]map[any]bool
}

func (s *Store) victims(ctx context.Context, tx *sql.Tx) *victims {
	return &victims{ctx: ctx, s: s, tx: tx, seen: map[string]map[any]bool{}}
}

// remove deletes the records of t under ids, after those that refer to them. Records that refer to each other in
// a circle are met twice and go once.
func (v *victims) remove(t *table, ids []any) error {
	seen := v.seen[t.name]
	if seen == nil {
		seen = map[any]bool{}
		v.seen[t.name] = seen
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
		if err := v.removeChild(c, string(list)); err != nil {
			return err
		}
	}
	_, err = v.tx.ExecContext(v.ctx, t.drop, string(list))
	return err
}

func (v *victims) removeChild(c child, list string) error {
	if len(c.model.Dependents) == 0 {
		_, err := v.tx.ExecContext(v.ctx, c.drop, list)
		return err
	}
	t, err := v.s.table(c.model)
	if err != nil {
		return err
	}
	ids, err := scanIDs(v.tx.QueryContext(v.ctx, c.ids, list))
	if err != nil {
		return err
	}
	return v.remove(t, ids)
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
