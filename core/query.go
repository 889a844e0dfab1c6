package kernia

import (
	"strings"
	"sync"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/ports"
)

// maxList is the most records one listing returns.
const maxList = 1000

// queries are the core's own, built once so that a store prepares each once.
type queries struct {
	sessionByToken    ports.Query // and its user: token, token
	sessionsOf        ports.Query // userId, now
	userByID          ports.Query
	userByEmail       ports.Query
	credentialByEmail ports.Query // and its user: provider, e-mail
	accountOf         ports.Query // userId, provider
	accountsOf        ports.Query // userId
	accountByProvider ports.Query // and its user: provider, account
	accountByID       ports.Query // and its user: id

	dropSession   ports.Delete // token, token
	dropExpired   ports.Delete // id, expiresAt: a session that is over, unless it was extended meanwhile
	dropOwn       ports.Delete // token, token, userId
	dropOwnByID   ports.Delete // id, userId
	dropSessions  ports.Delete // userId
	dropOthers    ports.Delete // userId, id
	dropUser      ports.Delete // id
	dropSpare     ports.Delete // id, email
	dropAccount   ports.Delete // id, userId
	setPassword   ports.Update // id, old password: new password, updatedAt
	extendSession ports.Update // id, expiresAt, token: expiresAt, updatedAt, token
	touchNothing  ports.Update // an e-mail address that is none: updatedAt
}

func eq(field string) ports.Condition { return ports.Condition{Field: field} }

func newQueries(s *schema.Schema) queries {
	tokens := ports.Condition{Field: "token", Op: ports.In, Count: 2}
	return queries{
		sessionByToken: ports.Query{Model: s.Session, Where: []ports.Condition{tokens}, Follow: "userId", Limit: 2},
		sessionsOf: ports.Query{
			Model: s.Session, Limit: maxList, Order: []ports.Order{{Field: "createdAt"}},
			Where: []ports.Condition{eq("userId"), {Field: "expiresAt", Op: ports.Gt}},
		},
		userByID:    ports.Query{Model: s.User, Where: []ports.Condition{eq("id")}, Limit: 1},
		userByEmail: ports.Query{Model: s.User, Where: []ports.Condition{eq("email")}, Limit: 1},
		credentialByEmail: ports.Query{
			Model: s.Account, Follow: "userId", Limit: 1,
			Where: []ports.Condition{eq("providerId"), {Field: "email", Followed: true}},
		},
		accountByProvider: ports.Query{Model: s.Account, Follow: "userId", Limit: 1, Where: []ports.Condition{eq("providerId"), eq("accountId")}},
		accountByID:       ports.Query{Model: s.Account, Follow: "userId", Limit: 1, Where: []ports.Condition{eq("id")}},
		accountOf:         ports.Query{Model: s.Account, Where: []ports.Condition{eq("userId"), eq("providerId")}, Limit: 1},
		accountsOf:        ports.Query{Model: s.Account, Where: []ports.Condition{eq("userId")}, Order: []ports.Order{{Field: "createdAt"}}, Limit: maxList},
		dropSession:       ports.Delete{Model: s.Session, Where: []ports.Condition{tokens}},
		dropExpired:       ports.Delete{Model: s.Session, Where: []ports.Condition{eq("id"), eq("expiresAt")}},
		dropOwnByID:       ports.Delete{Model: s.Session, Where: []ports.Condition{eq("id"), eq("userId")}},
		dropOwn:           ports.Delete{Model: s.Session, Where: []ports.Condition{tokens, eq("userId")}},
		dropSessions:      ports.Delete{Model: s.Session, Where: []ports.Condition{eq("userId")}},
		dropOthers: ports.Delete{
			Model: s.Session, Where: []ports.Condition{eq("userId"), {Field: "id", Op: ports.Ne}},
		},
		dropAccount: ports.Delete{Model: s.Account, Where: []ports.Condition{eq("id"), eq("userId")}},
		dropUser:    ports.Delete{Model: s.User, Where: []ports.Condition{eq("id")}},
		dropSpare:   ports.Delete{Model: s.User, Where: []ports.Condition{eq("id"), eq("email")}},
		setPassword: ports.Update{
			Model: s.Account, Key: ports.Key{"id"}, Where: []ports.Condition{eq("password")},
			Set: []ports.Change{{Field: "password"}, {Field: "updatedAt"}},
		},
		extendSession: ports.Update{
			Model: s.Session, Key: ports.Key{"id"}, Where: []ports.Condition{eq("expiresAt"), eq("token")},
			Set: []ports.Change{{Field: "expiresAt"}, {Field: "updatedAt"}, {Field: "token"}},
		},
		touchNothing: ports.Update{Model: s.User, Key: ports.Key{"email"}, Set: []ports.Change{{Field: "updatedAt"}}},
	}
}

// maxPatches bounds how many combinations of fields get an update of their own: a store keeps what it prepared for
// each, for ever. Clients choose the combinations, so that what is beyond is done field by field.
const maxPatches = 256

// patches keeps one update by id for every combination of fields that was ever changed together.
type patches struct {
	mu   sync.Mutex
	kept map[*ports.Model]map[string]*ports.Update
}

// of returns the update of m by id that sets the fields of change where the record meets the conditions; ok is false
// where a field is not one of the model's. It returns nil where there are too many combinations already, which never
// happens for a single field.
func (p *patches) of(m *ports.Model, change Patch, where []ports.Condition) (u *ports.Update, ok bool) {
	set := make([]ports.Change, 0, len(change.names))
	for i := range m.Fields { // in the order of the model, whatever the order of the patch
		if _, ok := change.Lookup(m.Fields[i].Name); ok {
			set = append(set, ports.Change{Field: m.Fields[i].Name})
		}
	}
	if len(set) != len(change.names) {
		return nil, false
	}
	names := make([]string, len(set))
	for i, c := range set {
		names[i] = c.Field
	}
	key := strings.Join(names, ",")
	for _, c := range where {
		key += "|" + c.Field
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.kept[m]
	if kept == nil {
		if p.kept == nil {
			p.kept = map[*ports.Model]map[string]*ports.Update{}
		}
		kept = map[string]*ports.Update{}
		p.kept[m] = kept
	}
	if u := kept[key]; u != nil {
		return u, true
	}
	if len(kept) >= maxPatches && len(set) > 1 {
		return nil, true
	}
	u = &ports.Update{Model: m, Key: ports.Key{"id"}, Where: where, Set: set}
	kept[key] = u
	return u, true
}

// args returns the arguments for the update: the id, those of its conditions, then the values in the order in which it
// sets them.
func (c Patch) args(u *ports.Update, id string, when []ports.Value) []ports.Value {
	args := append(make([]ports.Value, 0, 1+len(when)+len(u.Set)), ports.String(id))
	args = append(args, when...)
	for _, s := range u.Set {
		v, _ := c.Lookup(s.Field)
		args = append(args, v)
	}
	return args
}
