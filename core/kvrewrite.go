package kernia

import (
	"context"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func (k kvSessions) extend(ctx context.Context, p *Principal, expires, now time.Time) (bool, error) {
	if k.copy {
		row := *p
		found, err := k.rows.find(ctx, p.Session.Token)
		if err == nil && found == nil { // it is revoked, and this entry was left over
			_, err = k.remove(ctx, hashToken(p.Session.Token), "")
			return false, err
		}
		if err != nil {
			return false, err
		}
		row.stored = found.stored
		if ok, err := k.rows.extend(ctx, &row, expires, now); err != nil || !ok {
			return ok, err
		}
	}
	before := p.Session.ExpiresAt
	return k.settle(ctx, p, func(s *Session) bool {
		if !s.ExpiresAt.Equal(before) {
			return false // another request was faster
		}
		s.ExpiresAt, s.UpdatedAt = expires, now
		return true
	})
}

func (k kvSessions) update(ctx context.Context, p *Principal, change Patch) (bool, error) {
	edit := func(s *Session) bool {
		ok := true
		for _, name := range change.names {
			v, _ := change.Lookup(name)
			ok = s.Put(name, v) && ok
		}
		s.UpdatedAt = k.auth.now()
		return ok
	}
	after, row := p.Session, *p
	if after.Token = hashToken(after.Token); !edit(&after) {
		return false, ports.ErrInvalid
	}
	if _, err := k.encode(&after, 1); err != nil {
		return false, err
	}
	if k.copy {
		if ok, err := k.rows.update(ctx, &row, change); err != nil || !ok {
			return ok, err
		}
	}
	return k.settle(ctx, p, edit)
}

// settle stores what becomes of a session: of what is kept of it now, not of what p says, so that changes of others
// remain. With a copy the row has changed already, and its entry becomes what the row is. It reports false where the
// session is over or edit refuses.
func (k kvSessions) settle(ctx context.Context, p *Principal, edit func(*Session) bool) (bool, error) {
	changed := *p
	live := edit(&changed.Session)
	if !live {
		return false, nil
	}
	err := k.auth.committed(ctx, func(ctx context.Context) (err error) {
		live, err = k.rewrite(ctx, p.Session.Token, &changed.Session, edit)
		return err
	})
	if err != nil || !live {
		return false, err
	}
	*p = changed
	return true, nil
}

// rewrite changes the entry of a session in one step and leaves in s what it then is.
func (k kvSessions) rewrite(ctx context.Context, token string, s *Session, edit func(*Session) bool) (bool, error) {
	hashed := hashToken(token)
	for {
		e, of, ok, err := k.kv.Follow(ctx, sessionKey(hashed))
		if err != nil || !ok {
			return k.copy, err
		}
		now, version, err := k.decode(e.Value)
		u, unread := decodeUser(of.Value)
		if err != nil || unread != nil || now.Token != hashed || !u.lists(hashed) {
			return k.copy, nil
		}
		if k.copy {
			row, err := k.rows.find(ctx, token)
			if err != nil || row == nil {
				return false, err
			}
			now = row.Session
			now.Token = hashed
		} else if !edit(&now) {
			return false, nil
		}
		if done, err := k.store(ctx, &now, e, version+1); err != nil || done {
			*s = now
			s.Token = token
			return err == nil, err
		}
	}
}

// store writes a session over the entry that was read. It is listed for as long first: what expires earlier in the list
// is dropped from it.
func (k kvSessions) store(ctx context.Context, s *Session, old ports.Entry, version int64) (bool, error) {
	e, err := k.encode(s, version)
	if err != nil {
		return false, err
	}
	if s.ExpiresAt.After(old.Expires) {
		err := k.change(ctx, s.UserID, func(u *kvUser) error {
			_, err := k.refresh(ctx, u, s.UserID)
			u.extend(listed{s.Token, s.ExpiresAt})
			return err
		})
		if err != nil {
			return false, err
		}
	}
	return k.kv.Swap(ctx, sessionKey(s.Token), &old, e)
}
