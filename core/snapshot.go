package kernia

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// kvSessions keeps each session as a snapshot of it and its user under one key, read by one call, and the keys of
// a user's sessions in a group. With a copy, the store has the sessions as well: it answers for what the key-value
// store has lost, and nothing is ever written back from it, so that a revoked session cannot return.
type kvSessions struct {
	auth *Auth
	kv   ports.Groups
	copy bool
	rows tableSessions
}

func sessionKey(hashed string) string { return "session:" + hashed }
func sessionGroup(user string) string { return "sessions:" + user }

// snapshot is the entry's form: both records as JSON arrays in the order of their fields. The added fields are
// named, since a program that is configured anew, or an older one beside it, has others or has them in another order.
type snapshot struct {
	Session       json.RawMessage `json:"s"`
	User          json.RawMessage `json:"u"`
	SessionExtras []string        `json:"sf,omitempty"`
	UserExtras    []string        `json:"uf,omitempty"`
}

func (k kvSessions) encode(s Session, u User) (string, error) {
	s.Token = hashToken(s.Token)
	return k.marshal(&s, &u)
}

// marshal takes a session whose token is hashed already.
func (k kvSessions) marshal(s *Session, u *User) (string, error) {
	models := k.auth.schema
	b, err := json.Marshal(snapshot{
		Session: schema.Encode(models.SessionRecord(s)), SessionExtras: schema.Names(models.Session.Fields[schema.SessionFields:]),
		User: schema.Encode(models.UserRecord(u)), UserExtras: schema.Names(models.User.Fields[schema.UserFields:]),
	})
	return string(b), err
}

func (k kvSessions) decode(value string) (*Principal, error) {
	var snap snapshot
	if err := json.Unmarshal([]byte(value), &snap); err != nil {
		return nil, err
	}
	session, err := schema.Decode(k.auth.schema.Session, snap.Session, schema.SessionFields, snap.SessionExtras)
	if err != nil {
		return nil, err
	}
	user, err := schema.Decode(k.auth.schema.User, snap.User, schema.UserFields, snap.UserExtras)
	if err != nil {
		return nil, err
	}
	p := &Principal{By: BySession, Session: k.auth.schema.SessionOf(session), User: k.auth.schema.UserOf(user)}
	p.stored = p.Session.Token
	return p, nil
}

func (k kvSessions) create(ctx context.Context, s Session, u User) (Session, error) {
	if k.copy {
		stored, err := k.rows.create(ctx, s, u)
		if err != nil {
			return Session{}, err
		}
		s = stored
	} else if s.ID == "" {
		id, err := secret.Random32(k.auth.config.Random, Alphanumeric, 32)
		if err != nil {
			return Session{}, err
		}
		s.ID = id
	}
	return s, k.auth.committed(ctx, func(ctx context.Context) error { return k.begin(ctx, s, u) })
}

// begin writes the first snapshot of a session.
func (k kvSessions) begin(ctx context.Context, s Session, u User) error {
	value, err := k.encode(s, u)
	if err != nil {
		return err
	}
	hashed := hashToken(s.Token)
	// The group first: an entry that nobody can list could not be revoked with the others.
	if err := k.kv.AddMember(ctx, sessionGroup(u.ID), hashed, s.ExpiresAt); err != nil {
		return err
	}
	if err := k.kv.Put(ctx, sessionKey(hashed), ports.Entry{Value: value, Expires: s.ExpiresAt}); err != nil {
		return err
	}
	// A user who was deleted while the session began had no entry to lose; one who was changed had none to correct.
	still, err := k.auth.Users.Find(ctx, u.ID)
	switch {
	case err != nil:
	case still == nil:
		err = ErrUserNotFound
	case !k.auth.sameUser(still, &u):
		err = k.userChanged(ctx, u.ID)
	}
	if err == nil {
		return nil
	}
	err = errors.Join(err, k.kv.Delete(ctx, sessionKey(hashed)))
	if k.copy {
		_, failed := k.rows.revoke(ctx, s.Token, "")
		err = errors.Join(err, failed)
	}
	return err
}

func (k kvSessions) find(ctx context.Context, token string) (*Principal, error) {
	hashed := hashToken(token)
	e, ok, err := k.kv.Find(ctx, sessionKey(hashed))
	if err != nil {
		return nil, err
	}
	if !ok {
		if k.copy {
			return k.rows.find(ctx, token)
		}
		return nil, nil
	}
	p, err := k.decode(e.Value)
	if err != nil || p.stored != hashed {
		// Written by a program whose fields have other types: what the store knows counts, or nobody.
		k.auth.config.Logger.WarnContext(ctx, "session snapshot not readable", "error", errors.Join(err, schema.ErrForm))
		if k.copy {
			return k.rows.find(ctx, token)
		}
		return nil, nil
	}
	p.Session.Token = token
	return p, nil
}

func (k kvSessions) extend(ctx context.Context, p *Principal, expires, now time.Time) (bool, error) {
	if k.copy {
		row := *p
		found, err := k.rows.find(ctx, p.Session.Token)
		if err == nil && found == nil { // it is revoked, and this entry was left over
			_, err = k.remove(ctx, hashToken(p.Session.Token), "", "")
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
	changed := *p
	changed.Session.ExpiresAt, changed.Session.UpdatedAt = expires, now
	return k.settle(ctx, p, changed)
}

// settle stores what a session has become. The user in it may have changed since it was read, so that is looked at
// once more.
func (k kvSessions) settle(ctx context.Context, p *Principal, changed Principal) (bool, error) {
	live := true // until the steps say otherwise
	err := k.auth.committed(ctx, func(ctx context.Context) error {
		ok, err := k.replace(ctx, &changed)
		if err != nil || !ok && !k.copy {
			live = false
			return err
		}
		live, err = k.refresh(ctx, changed.User.ID)
		return err
	})
	if err != nil || !live {
		return false, err
	}
	*p = changed
	return true, nil
}

// replace writes a principal's snapshot where one is still there.
func (k kvSessions) replace(ctx context.Context, p *Principal) (bool, error) {
	value, err := k.encode(p.Session, p.User)
	if err != nil {
		return false, err
	}
	hashed := hashToken(p.Session.Token)
	if err := k.kv.AddMember(ctx, sessionGroup(p.User.ID), hashed, p.Session.ExpiresAt); err != nil {
		return false, err
	}
	return k.kv.Replace(ctx, sessionKey(hashed), ports.Entry{Value: value, Expires: p.Session.ExpiresAt})
}

func (k kvSessions) update(ctx context.Context, p *Principal, change Patch) (bool, error) {
	changed := *p
	if k.copy {
		if ok, err := k.rows.update(ctx, &changed, change); err != nil || !ok {
			return ok, err
		}
	} else {
		for _, name := range change.names {
			v, _ := change.Lookup(name)
			if !changed.Session.Put(name, v) {
				return false, ports.ErrInvalid
			}
		}
		changed.Session.UpdatedAt = k.auth.now()
	}
	return k.settle(ctx, p, changed)
}

func (k kvSessions) drop(ctx context.Context, p *Principal) error {
	if k.copy {
		return k.rows.drop(ctx, p)
	}
	return nil // it has expired by itself
}

func (k kvSessions) revoke(ctx context.Context, token, owner string) (bool, error) {
	hashed := token
	if isToken(token) {
		hashed = hashToken(token)
	}
	gone, err := k.remove(ctx, hashed, owner, "")
	if err != nil || !k.copy {
		return gone, err
	}
	row, err := k.rows.revoke(ctx, token, owner)
	return gone || row, err
}

// remove deletes one entry if it belongs to owner and is not the session exceptID. The owner of a session never
// changes, so reading first decides nothing that could be different a moment later.
func (k kvSessions) remove(ctx context.Context, hashed, owner, exceptID string) (bool, error) {
	if !strings.HasPrefix(hashed, storedPrefix) {
		return false, nil
	}
	e, ok, err := k.kv.Find(ctx, sessionKey(hashed))
	if err != nil || !ok {
		return false, err
	}
	p, err := k.decode(e.Value)
	if err != nil {
		return true, k.kv.Delete(ctx, sessionKey(hashed)) // nobody's any more: unreadable
	}
	if owner != "" && p.User.ID != owner || exceptID != "" && p.Session.ID == exceptID {
		return false, nil
	}
	if err := k.kv.Delete(ctx, sessionKey(hashed)); err != nil {
		return false, err
	}
	return true, k.kv.RemoveMembers(ctx, sessionGroup(p.User.ID), hashed)
}

func (k kvSessions) revokeAll(ctx context.Context, userID, exceptID string) (bool, error) {
	members, err := k.kv.Members(ctx, sessionGroup(userID))
	if err != nil {
		return false, err
	}
	some := false
	for _, hashed := range members {
		gone, err := k.remove(ctx, hashed, userID, exceptID)
		if err != nil {
			return some, err
		}
		some = some || gone
	}
	if k.copy {
		rows, err := k.rows.revokeAll(ctx, userID, exceptID)
		return some || rows, err
	}
	return some, nil
}

func (k kvSessions) list(ctx context.Context, userID string) ([]Session, error) {
	if k.copy {
		return k.rows.list(ctx, userID)
	}
	var list []Session
	err := k.each(ctx, userID, func(p *Principal) error {
		list = append(list, p.Session)
		return nil
	})
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), maxList)], err
}

// each calls f for every live session of the user; members whose entry is gone are skipped.
func (k kvSessions) each(ctx context.Context, userID string, f func(*Principal) error) error {
	members, err := k.kv.Members(ctx, sessionGroup(userID))
	if err != nil {
		return err
	}
	for _, hashed := range members {
		e, ok, err := k.kv.Find(ctx, sessionKey(hashed))
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		p, err := k.decode(e.Value)
		if err != nil {
			continue
		}
		if err := f(p); err != nil {
			return err
		}
	}
	return nil
}

func (k kvSessions) peek(ctx context.Context, token string) (*Session, error) {
	hashed := token
	if isToken(token) {
		hashed = hashToken(token)
	}
	e, ok, err := k.kv.Find(ctx, sessionKey(hashed))
	if err != nil {
		return nil, err
	}
	if ok {
		if p, err := k.decode(e.Value); err == nil {
			return &p.Session, nil
		}
	}
	if k.copy {
		return k.rows.peek(ctx, token)
	}
	return nil, nil
}

func (k kvSessions) userChanged(ctx context.Context, userID string) error {
	return k.auth.committed(ctx, func(ctx context.Context) error {
		_, err := k.refresh(ctx, userID)
		return err
	})
}

// refresh writes the user as they now are into each of their snapshots, and ends the sessions of one who is gone. It
// reads the user again afterwards: of two changes at once the later one may have been written first.
func (k kvSessions) refresh(ctx context.Context, userID string) (there bool, err error) {
	var written ports.Record
	for {
		u, err := k.auth.Users.Find(ctx, userID)
		if err != nil {
			return false, err
		}
		if u == nil {
			_, err := k.revokeAll(ctx, userID, "")
			return false, err
		}
		now := k.auth.schema.UserRecord(u)
		if slices.EqualFunc(written, now, ports.Value.Equal) {
			return true, nil
		}
		err = k.each(ctx, userID, func(p *Principal) error {
			value, err := k.marshal(&p.Session, u)
			if err == nil {
				_, err = k.kv.Replace(ctx, sessionKey(p.stored), ports.Entry{Value: value, Expires: p.Session.ExpiresAt})
			}
			return err
		})
		if err != nil {
			return false, err
		}
		written = now
	}
}
