package kernia

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

const (
	// maxKVUser is how large a user may be to be kept, in bytes. One who is larger is read from the store each time.
	maxKVUser = 64 << 10

	// changeTime is how long a change to a user may take. Until then nobody but who changes the row takes it for settled.
	changeTime = time.Hour

	// maxChanges is how many changes to a user are told apart.
	maxChanges = 8
)

// A kvUser is the entry of a user: who they are and which of their sessions are live. Every change of it is one Swap, so
// that no two changes miss each other.
type kvUser struct {
	Version int64             `json:"v"`            // goes up with each write, so that no two values are alike
	User    []json.RawMessage `json:"u,omitempty"`  // empty: the store knows
	Extras  []string          `json:"uf,omitempty"` // the names of added fields
	Changes []userChange      `json:"c,omitempty"`  // whatever may have changed the row since; while there are any, the store knows

	text string   // of live: what verifying looks into
	live []listed // oldest first; nil until parse
}

// A userChange begins before a user's row is written and ends when the entry has what was written. If the key-value store
// fails between, the change remains, and with it everybody reads the row.
type userChange struct {
	ID    string `json:"id"` // "": any number of changes that only time ends
	Until int64  `json:"t"`  // milliseconds
}

// listed is a live session in the entry of its user.
type listed struct {
	hashed  string
	expires time.Time
}

// userKey has no newline, which would end a link.
func userKey(id string) string { return "sessions:" + url.PathEscape(id) }

// decodeUser reads an entry but for the list of sessions. The list is the first line, where verifying finds a session
// without reading the others.
func decodeUser(value string) (u kvUser, err error) {
	list, text, ok := strings.Cut(value, "\n")
	if !ok {
		return kvUser{}, schema.ErrForm
	}
	err = json.Unmarshal([]byte(text), &u)
	u.text = list
	return u, err
}

// lists reports whether a session is live.
func (u *kvUser) lists(hashed string) bool { return strings.Contains(u.text, " "+hashed+"=") }

// parse reads the list and drops what has expired.
func (u *kvUser) parse(now time.Time) {
	for _, item := range strings.Fields(u.text) {
		hashed, until, _ := strings.Cut(item, "=")
		ms, err := strconv.ParseInt(until, 10, 64)
		if expires := time.UnixMilli(ms); err == nil && expires.After(now) {
			u.live = append(u.live, listed{hashed, expires})
		}
	}
}

// encode returns the entry, which expires with the last of what it has: an entry without anything has expired.
func (u *kvUser) encode() (e ports.Entry, err error) {
	b, err := json.Marshal(u)
	var list strings.Builder
	for _, l := range u.live {
		list.WriteString(" " + l.hashed + "=" + strconv.FormatInt(l.expires.UnixMilli(), 10))
		if l.expires.After(e.Expires) {
			e.Expires = l.expires
		}
	}
	for _, c := range u.Changes {
		if until := time.UnixMilli(c.Until); until.After(e.Expires) {
			e.Expires = until
		}
	}
	e.Value = list.String() + "\n" + string(b)
	return e, err
}

// add lists one more session and returns those that end for it.
func (u *kvUser) add(l listed, most int) (ended []string) {
	u.remove(l.hashed)
	u.live = append(u.live, l)
	for len(u.live) > most {
		ended = append(ended, u.live[0].hashed)
		u.live = u.live[1:]
	}
	return ended
}

func (u *kvUser) remove(hashed string) {
	u.live = slices.DeleteFunc(u.live, func(l listed) bool { return l.hashed == hashed })
}

// keep ends every session but one and returns those that ended.
func (u *kvUser) keep(hashed string) (ended []string) {
	u.live = slices.DeleteFunc(u.live, func(l listed) bool {
		if l.hashed != hashed {
			ended = append(ended, l.hashed)
		}
		return l.hashed != hashed
	})
	return ended
}

// extend moves the expiry of a session that is listed.
func (u *kvUser) extend(to listed) {
	for i := range u.live {
		if u.live[i].hashed == to.hashed {
			u.live[i] = to
		}
	}
}

// user reads the entry of a user, or an empty one; old is what was read.
func (k kvSessions) user(ctx context.Context, id string) (old *ports.Entry, u kvUser, err error) {
	e, ok, err := k.kv.Find(ctx, userKey(id))
	if err != nil || !ok {
		return nil, kvUser{}, err
	}
	if u, err = decodeUser(e.Value); err != nil {
		k.auth.config.Logger.WarnContext(ctx, "entry of a user not readable", "error", err)
		u = kvUser{}
	}
	u.parse(k.auth.now())
	return &e, u, nil
}

// change rewrites the entry of a user by edit, which may run more than once. Whoever fails to be the first reads again,
// so that somebody always succeeds.
func (k kvSessions) change(ctx context.Context, id string, edit func(*kvUser) error) error {
	for {
		old, u, err := k.user(ctx, id)
		if err != nil {
			return err
		}
		if err := edit(&u); err != nil {
			return err
		}
		u.Version++
		e, err := u.encode()
		if err != nil || old == nil && e.Expires.IsZero() {
			return err
		}
		if done, err := k.kv.Swap(ctx, userKey(id), old, e); done || err != nil {
			return err
		}
	}
}

// refresh makes an entry hold the user as the store has them, unless somebody is changing them; there is false for one
// who is gone. A change that began before the entry was read is noted in it, and one that begins after that makes the
// Swap fail: so what is read here is not older than what the entry says.
func (k kvSessions) refresh(ctx context.Context, u *kvUser, id string) (there bool, err error) {
	found, err := k.auth.Users.Find(ctx, id)
	if err != nil || found == nil {
		return false, err
	}
	now := k.auth.now().UnixMilli()
	u.Changes = slices.DeleteFunc(u.Changes, func(c userChange) bool { return c.Until <= now })
	m := k.auth.schema.User
	u.User, u.Extras = schema.Encode(k.auth.schema.UserRecord(found)), schema.Names(m.Fields[schema.UserFields:])
	size := 0
	for _, value := range u.User {
		size += len(value)
	}
	if size > maxKVUser {
		u.User, u.Extras = nil, nil
	}
	return true, nil
}

// userOf returns the user of an entry, or nil for one who is gone.
func (k kvSessions) userOf(ctx context.Context, u *kvUser, id string) (*User, error) {
	if len(u.Changes) == 0 && len(u.User) > 0 {
		r, err := schema.Decode(k.auth.schema.User, u.User, schema.UserFields, u.Extras)
		if err == nil {
			user := k.auth.schema.UserOf(r)
			return &user, nil
		}
	}
	return k.auth.Users.Find(ctx, id)
}

// changing notes that a user's row is about to change. Where that fails, nothing may change. From then on the row counts,
// until done has put what became of it into the entry. If done fails, or the transaction is rolled back, the row counts
// until the entry is next written after an hour.
func (k kvSessions) changing(ctx context.Context, id string) (done func(ctx context.Context), err error) {
	mark, err := secret.Random32(k.auth.config.Random, Alphanumeric, 16)
	if err != nil {
		return nil, err
	}
	until := k.auth.now().Add(changeTime).UnixMilli()
	err = k.change(ctx, id, func(u *kvUser) error {
		if len(u.Changes) >= maxChanges {
			u.Changes = []userChange{{Until: until}}
		} else {
			u.Changes = append(u.Changes, userChange{mark, until})
		}
		return nil
	})
	step := func(ctx context.Context) error { return k.changed(ctx, id, mark) }
	return func(ctx context.Context) {
		if err := k.auth.committed(ctx, step); err != nil {
			k.auth.config.Logger.WarnContext(ctx, "user not refreshed in the key-value store: read from the store until they are", "error", err)
		}
	}, err
}

// changed ends a change: it puts the user as they now are into their entry, and ends the sessions of one who is gone.
func (k kvSessions) changed(ctx context.Context, id, mark string) error {
	var ended []string
	err := k.change(ctx, id, func(u *kvUser) error {
		u.Changes = slices.DeleteFunc(u.Changes, func(c userChange) bool { return c.ID == mark })
		there, err := k.refresh(ctx, u, id)
		if err == nil && !there {
			ended, u.Changes = u.keep(""), nil
		}
		return err
	})
	if err == nil {
		k.discard(ctx, ended)
	}
	return err
}
