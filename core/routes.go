package kernia

import (
	"context"
	"strconv"

	"github.com/kernia-go/kernia/core/internal/input"
	"github.com/kernia-go/kernia/ports"
)

// declareCore declares the operations that every Auth has.
func (a *Auth) declareCore(d *Declaration) {
	a.declareCookies(d)
	a.guesses = d.Throttle("password", a.config.Guesses.Max, a.config.Guesses.Window)
	Get(d, "/ok", ok, Unread())
	Get(d, "/error", a.errorPage, Unread())
	Get(d, "/get-session", currentSession)
	Post(d, "/get-session", refreshSession, Unread(), Errors(ErrPostSession))
	Get(d, "/list-sessions", listSessions, Fresh)
	Post(d, "/revoke-session", revokeSession, Live)
	Post(d, "/revoke-sessions", revokeSessions, Live, AnyBody())
	Post(d, "/revoke-other-sessions", revokeOtherSessions, Live, AnyBody())
	Post(d, "/update-session", updateSession, SignedIn, Errors(ErrNoFields, ErrUpdateSession, ErrFieldTaken, ErrSessionTooLarge))
	Post(d, "/update-user", updateUser, SignedIn, Errors(ErrNoFields, ErrEmailUpdate, ErrUpdateUser, ErrFieldTaken, ErrUserNotFound))
}

// None is the input of an operation that takes nothing.
type None struct{}

// Status is the output of an operation that only succeeds.
type Status struct {
	Status bool `json:"status"`
}

type alive struct {
	OK bool `json:"ok"`
}

func ok(context.Context, *Call, None) (alive, error) { return alive{OK: true}, nil }

// A SessionView is a session with its user, as get-session answers it.
type SessionView struct {
	Session Session `json:"session"`
	User    User    `json:"user"`

	// NeedsRefresh says that POST /get-session would extend the session; nil unless Session.DeferRefresh is set.
	NeedsRefresh *bool `json:"needsRefresh,omitempty"`
}

// AppendJSON appends the JSON form to dst: null for a nil view.
func (v *SessionView) AppendJSON(dst []byte) []byte {
	if v == nil {
		return append(dst, "null"...)
	}
	dst = v.Session.AppendJSON(append(dst, `{"session":`...))
	dst = v.User.AppendJSON(append(dst, `,"user":`...))
	if v.NeedsRefresh != nil {
		dst = strconv.AppendBool(append(dst, `,"needsRefresh":`...), *v.NeedsRefresh)
	}
	return append(dst, '}')
}

type sessionQuery struct {
	DisableCookieCache bool `json:"disableCookieCache" in:"query,coerce"`
	DisableRefresh     bool `json:"disableRefresh" in:"query,coerce"`
}

func currentSession(ctx context.Context, c *Call, in sessionQuery) (*SessionView, error) {
	c.confirmed = in.DisableCookieCache
	p, err := c.who(ctx, !in.DisableRefresh)
	if err != nil || p == nil {
		return nil, err
	}
	c.stale = c.stale || c.auth.cache == nil && c.auth.cookies.data.has(c)
	v := &SessionView{Session: p.Session, User: p.User}
	if c.auth.config.Session.DeferRefresh {
		due := c.auth.due(&p.Session, c.auth.now()) && !c.forgotten()
		v.NeedsRefresh = &due
	}
	return v, nil
}

func refreshSession(ctx context.Context, c *Call, in sessionQuery) (*SessionView, error) {
	if !c.auth.config.Session.DeferRefresh {
		return nil, ErrPostSession
	}
	c.refreshes = true
	p, err := c.who(ctx, !in.DisableRefresh)
	if err != nil || p == nil {
		return nil, err
	}
	return &SessionView{Session: p.Session, User: p.User}, nil
}

// sessionList is JSON's form of several sessions: never null.
type sessionList []Session

func listSessions(ctx context.Context, c *Call, _ None) (sessionList, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return nil, err
	}
	sessions, err := c.auth.Sessions.List(ctx, p.User.ID)
	for i := range sessions {
		if sessions[i].ID == p.Session.ID {
			sessions[i].Token = p.Session.Token // the caller's own is known; others' stay handles
		}
	}
	return sessionList(sessions), err
}

type revokeInput struct {
	Token string `json:"token" in:"min=1"`
}

func revokeSession(ctx context.Context, c *Call, in revokeInput) (Status, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return Status{}, err
	}
	if _, err := c.auth.Sessions.end(ctx, in.Token, p.User.ID); err != nil {
		return Status{}, err
	}
	if in.Token == p.Session.Token || in.Token == hashToken(p.Session.Token) {
		c.End()
	}
	return Status{true}, nil
}

func revokeSessions(ctx context.Context, c *Call, _ None) (Status, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return Status{}, err
	}
	if err := c.auth.Sessions.RevokeAll(ctx, p.User.ID); err != nil {
		return Status{}, err
	}
	c.End()
	return Status{true}, nil
}

func revokeOtherSessions(ctx context.Context, c *Call, _ None) (Status, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return Status{}, err
	}
	return Status{true}, c.auth.Sessions.RevokeOthers(ctx, p)
}

type fieldsInput struct {
	Fields FieldValues
}

type sessionUpdate struct {
	Session Session `json:"session"`
}

func updateSession(ctx context.Context, c *Call, in fieldsInput) (sessionUpdate, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return sessionUpdate{}, err
	}
	var change Patch
	if err := patchFields(&change, c.auth.sessionExtras, in.Fields); err != nil {
		return sessionUpdate{}, err
	}
	if change.Len() == 0 {
		return sessionUpdate{}, ErrNoFields
	}
	s, err := c.auth.Sessions.Update(ctx, p, change)
	if err != nil {
		return sessionUpdate{}, err
	}
	c.Renew(p)
	return sessionUpdate{Session: s}, nil
}

func updateUser(ctx context.Context, c *Call, in fieldsInput) (Status, error) {
	p, err := c.Session(ctx)
	if err != nil {
		return Status{}, err
	}
	if input.Find(in.Fields.list, "email") != nil {
		return Status{}, ErrEmailUpdate
	}
	var change Patch
	if err := patchProfile(&change, in.Fields); err != nil {
		return Status{}, err
	}
	if err := patchFields(&change, c.auth.userExtras, in.Fields); err != nil {
		return Status{}, err
	}
	if change.Len() == 0 {
		return Status{}, ErrNoFields
	}
	u, err := c.auth.Users.Update(ctx, p.User.ID, change)
	if err != nil {
		return Status{}, err
	}
	p.User = u
	c.Renew(p)
	return Status{true}, nil
}

// patchProfile adds to change what a client sent for the two fields of their own that every user may change.
func patchProfile(change *Patch, m FieldValues) error {
	for _, f := range []extraField{
		{name: "name", kind: ports.TypeString, required: true},
		{name: "image", kind: ports.TypeString},
	} {
		if given := input.Find(m.list, f.name); given != nil {
			v, issue := f.parse(given, m.form)
			if issue != nil {
				return issue
			}
			change.Put(f.name, v)
		}
	}
	return nil
}
