package kernia

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/core/internal/tablekv"
	"github.com/kernia-go/kernia/ports"
)

// A sessionPlace is where sessions are kept: in the store, in the key-value store, or in both. Tokens go in and come out
// as they are presented; each place keeps its own form of them.
type sessionPlace interface {
	create(ctx context.Context, s Session, u User) (Session, error)
	find(ctx context.Context, token string) (*Principal, error)
	// extend changes the row that was read or none; p is what it then is.
	extend(ctx context.Context, p *Principal, expires, now time.Time) (bool, error)
	update(ctx context.Context, p *Principal, change Patch) (bool, error)
	// drop removes a session that is over, unless it was extended meanwhile.
	drop(ctx context.Context, p *Principal) error
	// revoke takes a token or a handle; an owner that is not "" is compared in the same step.
	revoke(ctx context.Context, token, owner string) (bool, error)
	revokeAll(ctx context.Context, userID string, except *Session) (bool, error)
	list(ctx context.Context, userID string) ([]Session, error)
	// peek returns the session of a token or handle, nil for none; its Token is the stored form.
	peek(ctx context.Context, token string) (*Session, error)
	// changing comes before a change to a user's row, which must not happen if it fails. done comes after it, whether or
	// not the row has changed.
	changing(ctx context.Context, userID string) (done func(ctx context.Context), err error)
}

// tableSessions keeps sessions in the store's own table.
type tableSessions struct {
	auth *Auth
	dead *tablekv.Sweeper
}

func (t tableSessions) store() ports.Store { return t.auth.config.Store }

func (t tableSessions) create(ctx context.Context, s Session, _ User) (Session, error) {
	token := s.Token
	s.Token = t.auth.stored(token)
	r, err := t.store().Create(ctx, t.auth.schema.Session, t.auth.schema.SessionRecord(&s))
	if err != nil {
		return Session{}, err
	}
	s = t.auth.schema.SessionOf(r)
	s.Token = token
	t.auth.sweep(ctx, t.dead, t.auth.schema.Session)
	return s, nil
}

// sweep removes records of m that have expired, at most once a minute across all processes. The write that carries it is
// valid whether it succeeds or not; in a transaction of the application's it would hold locks for long.
func (a *Auth) sweep(ctx context.Context, dead *tablekv.Sweeper, m *ports.Model) {
	if a.joined != nil && a.joined(ctx) {
		return
	}
	if err := dead.Sweep(ctx, a.config.Store, a.now()); err != nil {
		a.config.Logger.WarnContext(ctx, "expired records not deleted", "table", m.Name, "error", err)
	}
}

func (t tableSessions) find(ctx context.Context, token string) (*Principal, error) {
	hashed := hashToken(token)
	records, err := t.store().Find(ctx, &t.auth.queries.sessionByToken, []ports.Value{ports.String(hashed), ports.String(token)})
	if err != nil {
		return nil, err
	}
	for _, r := range records {
		stored := r[schema.SessionToken].AsString()
		// The index has compared already; this comparison leaks nothing through its time and does not rest on a
		// database's idea of equality.
		if subtle.ConstantTimeCompare([]byte(stored), []byte(hashed))|subtle.ConstantTimeCompare([]byte(stored), []byte(token)) != 1 {
			continue
		}
		n := len(t.auth.schema.Session.Fields)
		p := &Principal{By: BySession, Session: t.auth.schema.SessionOf(r[:n]), User: t.auth.schema.UserOf(r[n:]), stored: stored}
		p.Session.Token = token
		return p, nil
	}
	return nil, nil
}

func (t tableSessions) extend(ctx context.Context, p *Principal, expires, now time.Time) (bool, error) {
	r, ok, err := t.store().Update(ctx, &t.auth.queries.extendSession, []ports.Value{
		ports.String(p.Session.ID), ports.Time(p.Session.ExpiresAt), ports.String(p.stored),
		ports.Time(expires), ports.Time(now), ports.String(t.auth.stored(p.Session.Token)),
	})
	if err == nil && ok {
		t.take(p, r)
	}
	return ok, err
}

func (t tableSessions) update(ctx context.Context, p *Principal, change Patch) (bool, error) {
	r, ok, err := t.auth.update(ctx, t.auth.schema.Session, p.Session.ID, change, condition{})
	if err == nil && ok {
		t.take(p, r)
	}
	return ok, err
}

// take makes p what the row is now.
func (t tableSessions) take(p *Principal, r ports.Record) {
	token := p.Session.Token
	p.Session, p.stored = t.auth.schema.SessionOf(r), r[schema.SessionToken].AsString()
	p.Session.Token = token
}

func (t tableSessions) drop(ctx context.Context, p *Principal) error {
	_, err := t.store().Delete(ctx, &t.auth.queries.dropExpired, []ports.Value{ports.String(p.Session.ID), ports.Time(p.Session.ExpiresAt)})
	return err
}

func (t tableSessions) revoke(ctx context.Context, token, owner string) (bool, error) {
	m, args := &t.auth.queries.dropSession, []ports.Value{ports.String(handleOf(token)), ports.String(token)}
	if owner != "" {
		m, args = &t.auth.queries.dropOwn, append(args, ports.String(owner))
	}
	n, err := t.store().Delete(ctx, m, args)
	return n > 0, err
}

func (t tableSessions) revokeAll(ctx context.Context, userID string, except *Session) (bool, error) {
	m, args := &t.auth.queries.dropSessions, []ports.Value{ports.String(userID)}
	if except != nil && except.ID != "" {
		m, args = &t.auth.queries.dropOthers, append(args, ports.String(except.ID))
	}
	n, err := t.store().Delete(ctx, m, args)
	return n > 0, err
}

func (t tableSessions) list(ctx context.Context, userID string) ([]Session, error) {
	records, err := t.store().Find(ctx, &t.auth.queries.sessionsOf, []ports.Value{ports.String(userID), ports.Time(t.auth.now())})
	if err != nil {
		return nil, err
	}
	list := make([]Session, len(records))
	for i, r := range records {
		list[i] = t.auth.schema.SessionOf(r)
	}
	return list, nil
}

func (t tableSessions) peek(ctx context.Context, token string) (*Session, error) {
	p, err := t.find(ctx, token) // a handle is the stored form, and is looked for as that, too
	if err != nil || p == nil {
		return nil, err
	}
	p.Session.Token = p.stored
	return &p.Session, nil
}

func (tableSessions) changing(context.Context, string) (func(context.Context), error) {
	return func(context.Context) {}, nil
}
