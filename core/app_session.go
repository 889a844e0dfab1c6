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

// Sessions begins, lists, changes and ends the sessions of one Auth. Use it as [Auth.Sessions].
type Sessions struct{ auth *Auth }

// Verify returns the user and session of a session token. It returns nil and no error if the session has expired or
// never existed, and an error if the store did not answer. It takes one round trip to the store and writes nothing, so
// it does not extend the session.
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

// short reports whether a session is never extended: one that is not to be remembered, or has a life of its own. The
// row tells: it never lived longer than a day, nor as long as sessions that are extended do. Where remembered sessions
// live as long as that, only the cookie knows.
func (a *Auth) short(s *Session) bool {
	life := s.ExpiresAt.Sub(s.CreatedAt)
	return life <= day && life < a.config.Session.ExpiresIn
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
	expires, added := change.split("expiresAt")
	if err := onlyAdded(p, added); err != nil {
		return false, err
	}
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
	if added.Len() > 0 {
		if live, err = a.kept.update(ctx, p, added); err != nil || !live {
			return false, conflict(err, a.sessionExtras)
		}
	}
	return true, a.Sessions.afterUpdate(ctx, p.Session)
}

// onlyAdded returns an error for a change to a session that is about more than added fields.
func onlyAdded(p *Principal, change Patch) error {
	for _, name := range change.names {
		if _, added := p.Session.Lookup(name); !added {
			return fmt.Errorf("%w: %q is no added field of sessions", ports.ErrInvalid, name)
		}
	}
	return nil
}

func (sessions Sessions) afterUpdate(ctx context.Context, s Session) error {
	for _, h := range slices.Backward(sessions.auth.hooks) {
		if err := after(ctx, h.Session.AfterUpdate, s, ErrUpdateSession); err != nil {
			return err
		}
	}
	return nil
}

// NewSession says how a session begins. The zero NewSession is remembered, and its client is unknown.
type NewSession struct {
	Forget    bool          // it lives one day at most and is not extended
	ExpiresIn time.Duration // how long it lives; 0 means Config.Session.ExpiresIn. One of at most a day is not extended
	Fields    Patch         // values of added session fields, also of those that clients cannot set
	IPAddress string
	UserAgent string
}

// Issue begins a session for the user without asking any feature: the caller must know who the user is. A sign-in in an
// operation uses [Call.SignIn], which asks every feature first.
func (sessions Sessions) Issue(ctx context.Context, user User, n NewSession) (Session, error) {
	if err := sessions.auth.refuseUnheld(ctx); err != nil {
		return Session{}, err
	}
	token, err := secret.Random32(sessions.auth.config.Random, Alphanumeric, tokenLength)
	if err != nil {
		return Session{}, err
	}
	now := sessions.auth.now()
	s := Session{
		UserID: user.ID, Token: token, CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(sessions.auth.config.Session.ExpiresIn),
		IPAddress: n.IPAddress, UserAgent: n.UserAgent, Extra: sessions.newExtra(ctx),
	}
	if n.ExpiresIn > 0 {
		s.ExpiresAt = now.Add(n.ExpiresIn)
	} else if n.Forget {
		s.ExpiresAt = now.Add(sessions.auth.shortLife())
	}
	for name, value := range n.Fields.All() {
		if !s.Put(name, value) {
			return Session{}, fmt.Errorf("%w: sessions have no added field %q", ports.ErrInvalid, name)
		}
	}
	if s.ID, err = sessions.auth.newID(ctx, sessions.auth.schema.Session, ""); err != nil {
		return Session{}, err
	}
	for _, h := range sessions.auth.hooks {
		if err := before(ctx, h.Session.BeforeCreate, &s, ErrCreateSession); err != nil {
			return Session{}, err
		}
	}
	s.UserID, s.Token = user.ID, token
	if s.ID, err = sessions.auth.newID(ctx, sessions.auth.schema.Session, s.ID); err != nil { // a hook may have changed it
		return Session{}, err
	}
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

func (sessions Sessions) newExtra(ctx context.Context) ports.Extra {
	values := make([]ports.Value, len(sessions.auth.sessionExtras))
	for i, e := range sessions.auth.sessionExtras {
		values[i] = e.initial(ctx)
	}
	return sessions.auth.schema.NewSession(values)
}

// Update changes added fields of the principal's session and returns it. Errors: ErrUnauthorized if the session was
// revoked meanwhile, and an error for a field that is not an added one, even if a hook sets it: a session never gets
// another user or token.
func (sessions Sessions) Update(ctx context.Context, p *Principal, change Patch) (Session, error) {
	if err := sessions.auth.refuseUnheld(ctx); err != nil {
		return Session{}, err
	}
	for _, h := range sessions.auth.hooks {
		if err := beforeUpdate(ctx, h.Session.BeforeUpdate, p.Session.ID, &change, ErrUpdateSession); err != nil {
			return Session{}, err
		}
	}
	if err := onlyAdded(p, change); err != nil {
		return Session{}, err
	}
	found, err := sessions.auth.kept.update(ctx, p, change)
	if err != nil {
		return Session{}, conflict(err, sessions.auth.sessionExtras)
	}
	if !found {
		return Session{}, ErrUnauthorized
	}
	return p.Session, sessions.afterUpdate(ctx, p.Session)
}

// List returns the user's live sessions, oldest first, at most 1000. Their Token is the stored form: a handle for
// Revoke or, if Config.Session.StoreTokens is Plain, the token itself.
func (sessions Sessions) List(ctx context.Context, userID string) ([]Session, error) {
	return sessions.auth.kept.list(ctx, userID)
}

// Revoke ends the session with the token, or with the handle that List returned for it, and reports whether there was
// one.
func (sessions Sessions) Revoke(ctx context.Context, token string) (bool, error) {
	return sessions.end(ctx, token, "")
}

// end ends one session by token or handle; an owner that is not "" is compared in the same step.
func (sessions Sessions) end(ctx context.Context, token, owner string) (bool, error) {
	a := sessions.auth
	if !isToken(token) && !isHandle(token) {
		return false, nil
	}
	if err := a.refuseUnheld(ctx); err != nil {
		return false, err
	}
	var ending []Session
	if a.watched {
		s, err := a.kept.peek(ctx, token)
		if err != nil {
			return false, err
		}
		if s != nil && (owner == "" || s.UserID == owner) {
			ending = append(ending, *s)
		}
	}
	return sessions.remove(ctx, owner, ending, func() (bool, error) { return a.kept.revoke(ctx, token, owner) })
}

// RevokeAll ends every session of the user.
func (sessions Sessions) RevokeAll(ctx context.Context, userID string) error {
	return sessions.endAll(ctx, userID, nil)
}

// RevokeOthers ends every session of the principal's user except the principal's own.
func (sessions Sessions) RevokeOthers(ctx context.Context, p *Principal) error {
	return sessions.endAll(ctx, p.User.ID, &p.Session)
}

func (sessions Sessions) endAll(ctx context.Context, userID string, except *Session) error {
	a := sessions.auth
	if err := a.refuseUnheld(ctx); err != nil {
		return err
	}
	var ending []Session
	if a.watched {
		all, err := a.kept.list(ctx, userID)
		if err != nil {
			return err
		}
		ending = slices.DeleteFunc(all, func(s Session) bool { return except != nil && s.ID == except.ID })
	}
	_, err := sessions.remove(ctx, userID, ending, func() (bool, error) { return a.kept.revokeAll(ctx, userID, except) })
	return err
}

// remove runs do, which ends sessions, with the hooks around it.
func (sessions Sessions) remove(ctx context.Context, userID string, ending []Session, do func() (bool, error)) (bool, error) {
	a := sessions.auth
	for _, s := range ending {
		for _, h := range a.hooks {
			if err := after(ctx, h.Session.BeforeDelete, s, ErrDeleteSession); err != nil {
				return false, err
			}
		}
	}
	gone, err := do()
	if err != nil || !gone {
		return gone, err
	}
	a.trail.add(ctx, Event{Type: "session.revoked", UserID: userID})
	for _, s := range ending {
		for _, h := range slices.Backward(a.hooks) {
			if err := after(ctx, h.Session.AfterDelete, s, ErrDeleteSession); err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}

// Cookie returns the value of a Cookie header for a session's token, with name and signature: for tests, and for
// programs that give a session to their own HTTP client.
func (sessions Sessions) Cookie(token string) string {
	return sessions.auth.cookies.session.name + "=" + cookie.Escape(cookie.Sign(sessions.auth.keys.Current(), token))
}
