package kernia

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/core/internal/schema"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// kvSessions keeps sessions in a key-value store: each under the hash of its token, with a link to the entry of its
// user, so that one call reads both. A user's entry has the user, once, and lists their live sessions: a session that
// is not listed is over, whatever is kept of it. With a copy, the store has the sessions as well: it answers for what the
// key-value store has lost, and nothing is ever written back from it, so that a revoked session cannot return.
type kvSessions struct {
	auth *Auth
	kv   ports.LinkedKV
	copy bool
	rows tableSessions
}

// maxSession bounds what is kept of one session, in bytes: a user has a hundred of them.
const maxSession = 16 << 10

func sessionKey(hashed string) string { return "session:" + hashed }

// kvSession is the form of a session after the line with its link: a record as a JSON array in the order of its fields.
// The added fields are named, since a program that is configured anew, or an older one beside it, has others or has them
// in another order.
type kvSession struct {
	Version int64             `json:"v"` // goes up with each write, so that no two values are alike
	Session []json.RawMessage `json:"s"`
	Extras  []string          `json:"sf,omitempty"`
}

// encode returns the entry of a session whose token is hashed already.
func (k kvSessions) encode(s *Session, version int64) (ports.Entry, error) {
	m := k.auth.schema.Session
	b, err := json.Marshal(kvSession{
		Version: version, Session: schema.Encode(k.auth.schema.SessionRecord(s)), Extras: schema.Names(m.Fields[schema.SessionFields:]),
	})
	switch {
	case err != nil:
	case len(b) > maxSession && k.copy:
		return ports.Entry{}, nil // an entry that has expired: the store answers
	case len(b) > maxSession:
		err = ErrSessionTooLarge
	}
	return ports.Entry{Value: userKey(s.UserID) + "\n" + string(b), Expires: s.ExpiresAt}, err
}

func (k kvSessions) decode(value string) (s Session, version int64, err error) {
	_, text, _ := strings.Cut(value, "\n")
	var kept kvSession
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return Session{}, 0, err
	}
	r, err := schema.Decode(k.auth.schema.Session, kept.Session, schema.SessionFields, kept.Extras)
	if err != nil {
		return Session{}, 0, err
	}
	return k.auth.schema.SessionOf(r), kept.Version, nil
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
	kept := s
	kept.Token = hashToken(s.Token)
	e, err := k.encode(&kept, 1)
	if err == nil {
		err = k.auth.committed(ctx, func(ctx context.Context) error { return k.begin(ctx, &kept, e) })
	}
	if err != nil && k.copy {
		_, failed := k.rows.revoke(ctx, s.Token, "")
		err = errors.Join(err, failed)
	}
	return s, err
}

// begin lists a session and puts its entry. The oldest sessions end where there are too many.
func (k kvSessions) begin(ctx context.Context, s *Session, e ports.Entry) error {
	var ended []string
	err := k.change(ctx, s.UserID, func(u *kvUser) error {
		there, err := k.refresh(ctx, u, s.UserID)
		if err == nil && !there {
			err = ErrUserNotFound
		}
		ended = u.add(listed{s.Token, s.ExpiresAt}, k.auth.config.Session.PerUser)
		return err
	})
	if err == nil {
		err = k.kv.Put(ctx, sessionKey(s.Token), e)
	}
	if err == nil && k.copy {
		err = k.dropRows(ctx, s.UserID, ended)
	}
	if err == nil {
		k.discard(ctx, ended)
	}
	return err
}

// dropRows deletes the store's copies of sessions that ended.
func (k kvSessions) dropRows(ctx context.Context, userID string, ended []string) error {
	for _, hashed := range ended {
		if e, ok, err := k.kv.Find(ctx, sessionKey(hashed)); err != nil {
			return err
		} else if s, _, err := k.decode(e.Value); ok && err == nil { // its row may have the plain token
			if _, err := k.rows.store().Delete(ctx, &k.auth.queries.dropOwnByID, []ports.Value{ports.String(s.ID), ports.String(userID)}); err != nil {
				return err
			}
		} else if _, err := k.rows.revoke(ctx, hashed, userID); err != nil {
			return err
		}
	}
	return nil
}

// discard deletes the entries of sessions that are no longer listed. They are worth nothing already, and expire.
func (k kvSessions) discard(ctx context.Context, ended []string) {
	if len(ended) == 0 {
		return
	}
	keys := make([]string, len(ended))
	for i, hashed := range ended {
		keys[i] = sessionKey(hashed)
	}
	if err := k.kv.Delete(ctx, keys...); err != nil {
		k.auth.config.Logger.WarnContext(ctx, "entries of ended sessions not deleted", "error", err)
	}
}

func (k kvSessions) find(ctx context.Context, token string) (*Principal, error) {
	p, err := k.live(ctx, hashToken(token), true)
	switch {
	case err != nil:
		return nil, err
	case p != nil:
		p.Session.Token = token
		return p, nil
	case k.copy:
		return k.rows.find(ctx, token)
	}
	return nil, nil
}

// live reads a session by the hash of its token, with its user if wanted; nil where the key-value store knows of none.
func (k kvSessions) live(ctx context.Context, hashed string, user bool) (*Principal, error) {
	e, of, ok, err := k.kv.Follow(ctx, sessionKey(hashed))
	if err != nil || !ok {
		return nil, err
	}
	s, _, err := k.decode(e.Value)
	u, unread := decodeUser(of.Value)
	if err = errors.Join(err, unread); err != nil || s.Token != hashed {
		// Written by a program whose fields have other types: what the store knows counts, or nobody.
		k.auth.config.Logger.WarnContext(ctx, "session not readable", "error", errors.Join(err, schema.ErrForm))
		return nil, nil
	}
	if !u.lists(hashed) {
		return nil, nil
	}
	p := &Principal{By: BySession, Session: s, stored: hashed}
	if !user {
		return p, nil
	}
	known, err := k.userOf(ctx, &u, s.UserID)
	if err != nil || known == nil {
		return nil, err
	}
	p.User = *known
	return p, nil
}

func (k kvSessions) drop(ctx context.Context, p *Principal) error {
	if k.copy {
		return k.rows.drop(ctx, p)
	}
	return nil // it has expired by itself
}

func (k kvSessions) revoke(ctx context.Context, token, owner string) (bool, error) {
	gone, err := k.remove(ctx, handleOf(token), owner)
	if err != nil || !k.copy {
		return gone, err
	}
	row, err := k.rows.revoke(ctx, token, owner)
	return gone || row, err
}

// remove ends one session if it belongs to owner. The owner of a session never changes, so reading first decides
// nothing that could be different a moment later.
func (k kvSessions) remove(ctx context.Context, hashed, owner string) (gone bool, err error) {
	if !strings.HasPrefix(hashed, storedPrefix) {
		return false, nil
	}
	e, there, err := k.kv.Find(ctx, sessionKey(hashed))
	if err != nil {
		return false, err
	}
	s, _, unread := k.decode(e.Value) // what cannot be read is nobody's any more
	if there && unread == nil && owner != "" && s.UserID != owner {
		return false, nil
	}
	gone = there
	err = k.auth.committed(ctx, func(ctx context.Context) error {
		e, there, err := k.kv.Take(ctx, sessionKey(hashed))
		gone = gone && there
		if err != nil || !there {
			return err
		}
		if s, _, err := k.decode(e.Value); err == nil {
			err = k.change(ctx, s.UserID, func(u *kvUser) error { u.remove(hashed); return nil })
			if err != nil { // it has ended all the same
				k.auth.config.Logger.WarnContext(ctx, "ended session still listed", "error", err)
			}
		}
		return nil
	})
	return gone, err
}

func (k kvSessions) revokeAll(ctx context.Context, userID string, except *Session) (bool, error) {
	keep := ""
	if except != nil {
		keep = hashToken(except.Token)
	}
	_, u, err := k.user(ctx, userID)
	if err != nil {
		return false, err
	}
	some := len(u.live) > 0 && (len(u.live) > 1 || u.live[0].hashed != keep)
	err = k.auth.committed(ctx, func(ctx context.Context) error {
		var ended []string
		err := k.change(ctx, userID, func(u *kvUser) error { ended = u.keep(keep); return nil })
		if err == nil {
			some = len(ended) > 0
			k.discard(ctx, ended)
		}
		return err
	})
	if err != nil || !k.copy {
		return some && err == nil, err
	}
	rows, err := k.rows.revokeAll(ctx, userID, except)
	return some || rows, err
}

func (k kvSessions) list(ctx context.Context, userID string) ([]Session, error) {
	if k.copy {
		return k.rows.list(ctx, userID)
	}
	_, u, err := k.user(ctx, userID)
	if err != nil {
		return nil, err
	}
	list := make([]Session, 0, len(u.live))
	for _, l := range u.live {
		e, ok, err := k.kv.Find(ctx, sessionKey(l.hashed))
		if err != nil {
			return nil, err
		}
		if s, _, err := k.decode(e.Value); ok && err == nil {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

func (k kvSessions) peek(ctx context.Context, token string) (*Session, error) {
	p, err := k.live(ctx, handleOf(token), false)
	switch {
	case err != nil:
		return nil, err
	case p != nil:
		return &p.Session, nil
	case k.copy:
		return k.rows.peek(ctx, token)
	}
	return nil, nil
}
