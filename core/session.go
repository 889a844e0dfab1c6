package kernia

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kernia-go/kernia/core/internal/cookie"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// Sessions are the sessions of one Auth: begin, list, change and end them by [Auth.Sessions].
type Sessions struct{ auth *Auth }

// Verify returns whom a session token belongs to: nil and no error where it is nobody's, expired or not a token at
// all, an error where the store could not be asked. It takes one round trip to the store and writes nothing.
func (a *Auth) Verify(ctx context.Context, token string) (*Principal, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	p, err := a.lookup(ctx, token)
	if err != nil || p == nil || !a.now().Before(p.Session.ExpiresAt) {
		return nil, err
	}
	return p, nil
}

// lookup finds a session by its token, expired ones included.
func (a *Auth) lookup(ctx context.Context, token string) (*Principal, error) {
	if !isToken(token) {
		return nil, nil
	}
	return a.kept.find(ctx, token)
}

// shortLife is how long a session lives that is not to be remembered.
func (a *Auth) shortLife() time.Duration { return min(day, a.config.Session.ExpiresIn) }

// short reports whether a session was begun as one not to be remembered. The row tells: it was never extended and
// never lived longer than a day. Where remembered sessions live no longer either, only the cookie knows.
func (a *Auth) short(s *Session) bool {
	return a.config.Session.ExpiresIn > day && s.ExpiresAt.Sub(s.CreatedAt) <= day
}

// due reports whether a session is old enough to be extended.
func (a *Auth) due(s *Session, now time.Time) bool {
	c := &a.config.Session
	return !c.DisableRefresh && !a.short(s) && !s.ExpiresAt.Add(c.UpdateAge-c.ExpiresIn).After(now)
}

// extend moves the end of a session. It changes the row it read or none: a session that was revoked meanwhile is not
// revived, and p is then no longer live.
func (a *Auth) extend(ctx context.Context, p *Principal, now time.Time) (live bool, err error) {
	change := Patch{}
	change.Put("expiresAt", ports.Time(now.Add(a.config.Session.ExpiresIn)))
	for _, h := range a.hooks {
		if err := beforeUpdate(ctx, h.Session.BeforeUpdate, p.Session.ID, &change, ErrUpdateSession); err != nil {
			return false, err
		}
	}
	expires, _ := change.Lookup("expiresAt")
	before := *p
	ok, err := a.kept.extend(ctx, p, expires.AsTime(), now)
	if err != nil {
		return false, err
	}
	if !ok { // another request was faster, or it is revoked
		again, err := a.lookup(ctx, before.Session.Token)
		if err != nil || again == nil {
			return false, err
		}
		*p = *again
		return now.Before(p.Session.ExpiresAt), nil
	}
	return true, a.Sessions.afterUpdate(ctx, p.Session)
}

func (sessions Sessions) afterUpdate(ctx context.Context, s Session) error {
	for _, h := range slices.Backward(sessions.auth.hooks) {
		if err := after(ctx, h.Session.AfterUpdate, s, ErrUpdateSession); err != nil {
			return err
		}
	}
	return nil
}

// NewSession says how a session begins. The zero NewSession is remembered and of an unknown client.
type NewSession struct {
	Forget    bool // lives one day at most and is not extended
	IPAddress string
	UserAgent string
}

// Issue begins a session for the user without further questions: whoever calls it has made sure of them. A sign-in
// in an operation goes through [Call.SignIn], which asks every feature first.
func (sessions Sessions) Issue(ctx context.Context, user User, n NewSession) (Session, error) {
	if err := sessions.auth.refuseUnheld(ctx); err != nil {
		return Session{}, err
	}
	token, err := secret.Random32(sessions.auth.config.Random, alphanumeric, tokenLength)
	if err != nil {
		return Session{}, err
	}
	now := sessions.auth.now()
	s := Session{
		UserID: user.ID, Token: token, CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(sessions.auth.config.Session.ExpiresIn),
		IPAddress: n.IPAddress, UserAgent: n.UserAgent, Extra: sessions.newExtra(),
	}
	if n.Forget {
		s.ExpiresAt = now.Add(sessions.auth.shortLife())
	}
	if s.ID, err = sessions.auth.newID(sessions.auth.schema.session); err != nil {
		return Session{}, err
	}
	for _, h := range sessions.auth.hooks {
		if err := before(ctx, h.Session.BeforeCreate, &s, ErrCreateSession); err != nil {
			return Session{}, err
		}
	}
	s.UserID, s.Token = user.ID, token
	if s, err = sessions.auth.kept.create(ctx, s, user); err != nil {
		return Session{}, err
	}
	for _, h := range slices.Backward(sessions.auth.hooks) {
		if err := after(ctx, h.Session.AfterCreate, s, ErrCreateSession); err != nil {
			return Session{}, err
		}
	}
	sessions.auth.trail.add(ctx, Event{Type: "session.created", UserID: user.ID, SessionID: s.ID})
	return s, nil
}

func (sessions Sessions) newExtra() ports.Extra {
	values := make([]ports.Value, len(sessions.auth.schema.sessionExtras))
	for i, e := range sessions.auth.schema.sessionExtras {
		values[i] = e.fallback
	}
	return ports.NewExtra(sessions.auth.schema.sessionShown, values)
}

// Update changes added fields of the principal's session and returns it. A session that was revoked
// meanwhile is ErrUnauthorized; a change to a field of the session's own, by a hook too, is an error: whose session
// it is and what token it has never changes.
func (sessions Sessions) Update(ctx context.Context, p *Principal, change Patch) (Session, error) {
	for _, h := range sessions.auth.hooks {
		if err := beforeUpdate(ctx, h.Session.BeforeUpdate, p.Session.ID, &change, ErrUpdateSession); err != nil {
			return Session{}, err
		}
	}
	for _, name := range change.names {
		if _, added := p.Session.Lookup(name); !added {
			return Session{}, fmt.Errorf("%w: %q is no added field of sessions", ports.ErrInvalid, name)
		}
	}
	found, err := sessions.auth.kept.update(ctx, p, change)
	if err != nil {
		return Session{}, userConflict(err)
	}
	if !found {
		return Session{}, ErrUnauthorized
	}
	return p.Session, sessions.afterUpdate(ctx, p.Session)
}

// List returns the user's live sessions, oldest first, at most 1000. Their Token is the stored form: a handle
// for Revoke where tokens are hashed, which they are unless Config.Session.StoreTokens says Plain.
func (sessions Sessions) List(ctx context.Context, userID string) ([]Session, error) {
	return sessions.auth.kept.list(ctx, userID)
}

// Revoke ends the session of a token, or of the handle that ListSessions gave for it, and reports whether there was
// one.
func (sessions Sessions) Revoke(ctx context.Context, token string) (bool, error) {
	if !isToken(token) && !isHandle(token) {
		return false, nil
	}
	gone, err := sessions.auth.kept.revoke(ctx, token, "")
	if gone {
		sessions.auth.trail.add(ctx, Event{Type: "session.revoked"})
	}
	return gone, err
}

// revokeOwn ends a session by token or handle if it is the user's; the store compares the owner in the same step.
func (sessions Sessions) revokeOwn(ctx context.Context, token, userID string) error {
	if !isToken(token) && !isHandle(token) {
		return nil
	}
	gone, err := sessions.auth.kept.revoke(ctx, token, userID)
	if gone {
		sessions.auth.trail.add(ctx, Event{Type: "session.revoked", UserID: userID})
	}
	return err
}

// RevokeAll ends every session of the user.
func (sessions Sessions) RevokeAll(ctx context.Context, userID string) error {
	gone, err := sessions.auth.kept.revokeAll(ctx, userID, "")
	if gone {
		sessions.auth.trail.add(ctx, Event{Type: "session.revoked", UserID: userID})
	}
	return err
}

// RevokeOthers ends every session of the principal's user but its own.
func (sessions Sessions) RevokeOthers(ctx context.Context, p *Principal) error {
	gone, err := sessions.auth.kept.revokeAll(ctx, p.User.ID, p.Session.ID)
	if gone {
		sessions.auth.trail.add(ctx, Event{Type: "session.revoked", UserID: p.User.ID})
	}
	return err
}

// Cookie returns a session's token as a Cookie header carries it, name and signature included: for tests, and
// for programs that hand a session to an HTTP client of their own.
func (sessions Sessions) Cookie(token string) string {
	return sessions.auth.cookies.session + "=" + cookie.Escape(cookie.Sign(sessions.auth.keys.Current(), token))
}
