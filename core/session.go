package kernia

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/cookie"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// tokenLength is how many letters and digits a session token has.
const tokenLength = 32

// storedPrefix begins the stored form of a token. It has a character that no token has, so that a stored form
// never authenticates.
const storedPrefix = "sha256:"

// hashToken returns the stored form of a token.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	var buf [len(storedPrefix) + 43]byte
	return string(base64.RawURLEncoding.AppendEncode(append(buf[:0], storedPrefix...), sum[:]))
}

// isToken reports whether s can be a session token at all.
func isToken(s string) bool {
	if len(s) != tokenLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}

// A Principal is who makes a call: a user and the session they are signed in with.
type Principal struct {
	User    User
	Session Session // Token is the token as it was presented

	stored string // the token as the store has it
}

// LogValue keeps the token out of logs.
func (p *Principal) LogValue() slog.Value {
	if p == nil {
		return slog.StringValue("nobody")
	}
	return slog.GroupValue(slog.String("user_id", p.User.ID), slog.String("session_id", p.Session.ID))
}

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
	return a.sessions.find(ctx, token)
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

// stored returns the form in which a token goes into the store.
func (a *Auth) stored(token string) string {
	if a.config.Session.StoreTokens == Plain {
		return token
	}
	return hashToken(token)
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
	ok, err := a.sessions.extend(ctx, p, expires.AsTime(), now)
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
	return true, a.afterSessionUpdate(ctx, p.Session)
}

func (a *Auth) afterSessionUpdate(ctx context.Context, s Session) error {
	for _, h := range slices.Backward(a.hooks) {
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
func (a *Auth) Issue(ctx context.Context, user User, n NewSession) (Session, error) {
	if err := a.refuseUnheld(ctx); err != nil {
		return Session{}, err
	}
	token, err := secret.Random32(a.config.Random, alphanumeric, tokenLength)
	if err != nil {
		return Session{}, err
	}
	now := a.now()
	s := Session{
		UserID: user.ID, Token: token, CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(a.config.Session.ExpiresIn),
		IPAddress: n.IPAddress, UserAgent: n.UserAgent, Extra: a.newSessionExtra(),
	}
	if n.Forget {
		s.ExpiresAt = now.Add(a.shortLife())
	}
	if s.ID, err = a.newID(a.schema.session); err != nil {
		return Session{}, err
	}
	for _, h := range a.hooks {
		if err := before(ctx, h.Session.BeforeCreate, &s, ErrCreateSession); err != nil {
			return Session{}, err
		}
	}
	s.UserID, s.Token = user.ID, token
	if s, err = a.sessions.create(ctx, s, user); err != nil {
		return Session{}, err
	}
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.Session.AfterCreate, s, ErrCreateSession); err != nil {
			return Session{}, err
		}
	}
	a.trail.add(ctx, Event{Type: "session.created", UserID: user.ID, SessionID: s.ID})
	return s, nil
}

func (a *Auth) newSessionExtra() ports.Extra {
	values := make([]ports.Value, len(a.schema.sessionExtras))
	for i, e := range a.schema.sessionExtras {
		values[i] = e.fallback
	}
	return ports.NewExtra(a.schema.sessionShown, values)
}

// ListSessions returns the user's live sessions, oldest first, at most 1000. Their Token is the stored form: a handle
// for Revoke where tokens are hashed, which they are unless Config.Session.StoreTokens says Plain.
func (a *Auth) ListSessions(ctx context.Context, userID string) ([]Session, error) {
	return a.sessions.list(ctx, userID)
}

// Revoke ends the session of a token, or of the handle that ListSessions gave for it, and reports whether there was
// one.
func (a *Auth) Revoke(ctx context.Context, token string) (bool, error) {
	if !isToken(token) && !isHandle(token) {
		return false, nil
	}
	gone, err := a.sessions.revoke(ctx, token, "")
	if gone {
		a.trail.add(ctx, Event{Type: "session.revoked"})
	}
	return gone, err
}

// revokeOwn ends a session by token or handle if it is the user's; the store compares the owner in the same step.
func (a *Auth) revokeOwn(ctx context.Context, token, userID string) error {
	if !isToken(token) && !isHandle(token) {
		return nil
	}
	gone, err := a.sessions.revoke(ctx, token, userID)
	if gone {
		a.trail.add(ctx, Event{Type: "session.revoked", UserID: userID})
	}
	return err
}

// isHandle reports whether s has the stored form of a token.
func isHandle(s string) bool {
	return strings.HasPrefix(s, storedPrefix) && len(s) == len(storedPrefix)+43
}

// RevokeAll ends every session of the user.
func (a *Auth) RevokeAll(ctx context.Context, userID string) error {
	gone, err := a.sessions.revokeAll(ctx, userID, "")
	if gone {
		a.trail.add(ctx, Event{Type: "session.revoked", UserID: userID})
	}
	return err
}

// RevokeOthers ends every session of the principal's user but its own.
func (a *Auth) RevokeOthers(ctx context.Context, p *Principal) error {
	gone, err := a.sessions.revokeAll(ctx, p.User.ID, p.Session.ID)
	if gone {
		a.trail.add(ctx, Event{Type: "session.revoked", UserID: p.User.ID})
	}
	return err
}

// bounded limits ctx to the configured timeout, with a cause that tells our limit from the caller's.
func (a *Auth) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, a.config.Timeout, errTimeout)
}

var errTimeout = errors.New("kernia: the configured timeout has passed")

// SessionCookie returns a session's token as a Cookie header carries it, name and signature included: for tests, and
// for programs that hand a session to an HTTP client of their own.
func (a *Auth) SessionCookie(token string) string {
	return a.cookies.session + "=" + cookie.Escape(cookie.Sign(a.keys.Current(), token))
}
