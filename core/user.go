package kernia

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kernia-go/kernia/core/internal/email"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// FindUser returns the user with the id, or nil.
func (a *Auth) FindUser(ctx context.Context, id string) (*User, error) {
	return a.oneUser(ctx, &a.queries.userByID, id)
}

// FindUserByEmail returns the user with the e-mail address in whatever case, or nil.
func (a *Auth) FindUserByEmail(ctx context.Context, address string) (*User, error) {
	return a.oneUser(ctx, &a.queries.userByEmail, email.Normal(address))
}

func (a *Auth) oneUser(ctx context.Context, q *ports.Query, arg string) (*User, error) {
	records, err := a.config.Store.Find(ctx, q, []ports.Value{ports.String(arg)})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	u := a.schema.userOf(records[0])
	return &u, nil
}

// ListUsers returns users in the order of their creation: at most limit, itself at most 1000, after the first
// offset.
func (a *Auth) ListUsers(ctx context.Context, limit, offset int) ([]User, error) {
	records, err := a.config.Store.Find(ctx, &a.queries.users, []ports.Value{ports.Int(int64(limit)), ports.Int(int64(offset))})
	if err != nil {
		return nil, err
	}
	users := make([]User, len(records))
	for i, r := range records {
		users[i] = a.schema.userOf(r)
	}
	return users, nil
}

// CountUsers returns how many users there are.
func (a *Auth) CountUsers(ctx context.Context) (int64, error) {
	return a.config.Store.Count(ctx, &a.queries.users, nil)
}

// NewUser returns a user to fill and give to CreateUser: added fields have their defaults.
func (a *Auth) NewUser() User {
	values := make([]ports.Value, len(a.schema.userExtras))
	for i, e := range a.schema.userExtras {
		values[i] = e.fallback
	}
	return User{Extra: ports.NewExtra(a.schema.userShown, values)}
}

// CreateUser stores a user made by NewUser and returns it with its id and times. An account with the provider id, if
// there is one, is stored with it, its user and, for a password, its account id filled in: both or none where the
// store can roll back. The user's hooks run around it. Errors: ErrInvalidEmail, ErrUserExists, ErrFieldTaken for
// another unique field, ErrCreateUser or the hook's own error for a denial.
func (a *Auth) CreateUser(ctx context.Context, u User, with ...Account) (User, error) {
	if err := a.refuseUnheld(ctx); err != nil {
		return User{}, err
	}
	u.Email = email.Normal(u.Email)
	if !email.Valid(u.Email) {
		return User{}, ErrInvalidEmail
	}
	if len(u.Values()) != len(a.schema.userExtras) {
		u.Extra = a.NewUser().Extra
	}
	with = slices.Clone(with) // the caller's stay as they are
	if err := a.beforeCreate(ctx, &u, with); err != nil {
		return User{}, err
	}
	now := a.now()
	u.CreatedAt, u.UpdatedAt = now, now
	var err error
	if u.ID, err = a.newID(a.schema.user); err != nil {
		return User{}, err
	}
	err = a.tx(ctx, func(ctx context.Context) error {
		stored, err := a.config.Store.Create(ctx, a.schema.user, a.schema.userRecord(&u))
		if err != nil {
			return userConflict(err)
		}
		u = a.schema.userOf(stored)
		for i := range with {
			if with[i], err = a.createAccount(ctx, with[i], u.ID); err != nil {
				return err
			}
		}
		a.trail.add(ctx, Event{Type: "user.created", UserID: u.ID})
		return nil
	})
	if err != nil {
		return User{}, err
	}
	return u, a.afterCreate(ctx, u, with)
}

func (a *Auth) beforeCreate(ctx context.Context, u *User, with []Account) error {
	for _, h := range a.hooks {
		if err := before(ctx, h.User.BeforeCreate, u, ErrCreateUser); err != nil {
			return err
		}
	}
	if u.Email = email.Normal(u.Email); !email.Valid(u.Email) { // a hook may have changed it
		return ErrInvalidEmail
	}
	for i := range with {
		for _, h := range a.hooks {
			if err := before(ctx, h.Account.BeforeCreate, &with[i], ErrCreateUser); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Auth) afterCreate(ctx context.Context, u User, with []Account) error {
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.User.AfterCreate, u, ErrCreateUser); err != nil {
			return err
		}
		for _, account := range with {
			if err := after(ctx, h.Account.AfterCreate, account, ErrCreateUser); err != nil {
				return err
			}
		}
	}
	return nil
}

// Pretend returns u as CreateUser would, stored nowhere: the answer for an address that is taken where that must not
// show.
func (a *Auth) Pretend(u User) (User, error) {
	id, err := secret.Random32(a.config.Random, alphanumeric, 32)
	switch {
	case err == nil && a.config.IDs == ports.IDUUID:
		id, err = newUUID(a.config.Random)
	case err == nil && a.config.IDs == ports.IDObjectID:
		id, err = secret.Random32(a.config.Random, "0123456789abcdef", 24)
	}
	u.ID, u.Email = id, email.Normal(u.Email)
	u.CreatedAt = a.now()
	u.UpdatedAt = u.CreatedAt
	return u, err
}

// ValidEmail reports whether s, in whatever case, can be the e-mail address of a user.
func ValidEmail(s string) bool { return email.Valid(s) }

func userConflict(err error) error {
	if c, ok := errors.AsType[*ports.ConflictError](err); ok {
		if c.Key == "email" || c.Key == "" {
			return ErrUserExists.Because(err)
		}
		return ErrFieldTaken.Because(err)
	}
	return err
}

// UpdateUser changes the user with the id and returns it as it then is. Errors: ErrUserNotFound, ErrUserExists for
// an address that is taken, ErrFieldTaken, ErrNoFields for an empty change, the hooks' own.
func (a *Auth) UpdateUser(ctx context.Context, id string, change Patch) (User, error) {
	if err := a.refuseUnheld(ctx); err != nil {
		return User{}, err
	}
	if err := normalEmail(&change); err != nil {
		return User{}, err
	}
	for _, h := range a.hooks {
		if err := beforeUpdate(ctx, h.User.BeforeUpdate, id, &change, ErrUpdateUser); err != nil {
			return User{}, err
		}
	}
	if err := normalEmail(&change); err != nil { // a hook may have changed it
		return User{}, err
	}
	r, ok, err := a.update(ctx, a.schema.user, id, change)
	if err != nil {
		return User{}, userConflict(err)
	}
	if !ok {
		return User{}, ErrUserNotFound
	}
	u := a.schema.userOf(r)
	if err := a.sessions.userChanged(ctx, id); err != nil {
		return User{}, err
	}
	a.trail.add(ctx, Event{Type: "user.updated", UserID: id})
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.User.AfterUpdate, u, ErrUpdateUser); err != nil {
			return User{}, err
		}
	}
	return u, nil
}

// normalEmail brings an address that change sets into the form in which addresses are stored.
func normalEmail(change *Patch) error {
	address, ok := change.Lookup("email")
	if !ok {
		return nil
	}
	normal := email.Normal(address.AsString())
	if !email.Valid(normal) {
		return ErrInvalidEmail
	}
	change.Put("email", ports.String(normal))
	return nil
}

// update applies a patch to one record, in one step unless there are too many combinations of fields.
func (a *Auth) update(ctx context.Context, m *ports.Model, id string, change Patch) (ports.Record, bool, error) {
	if change.Len() == 0 {
		return nil, false, ErrNoFields
	}
	if _, ok := change.Lookup("updatedAt"); !ok {
		change.Put("updatedAt", ports.Time(a.now()))
	}
	u, ok := a.patches.of(m, change)
	switch {
	case !ok:
		return nil, false, fmt.Errorf("%w: no such fields to change in %q", ports.ErrInvalid, m.Name)
	case u == nil:
		return a.updateEach(ctx, m, id, change)
	}
	return a.config.Store.Update(ctx, u, change.args(u, id))
}

// updateEach applies a patch field by field, all or nothing where the store can roll back.
func (a *Auth) updateEach(ctx context.Context, m *ports.Model, id string, change Patch) (r ports.Record, ok bool, err error) {
	err = a.tx(ctx, func(ctx context.Context) error {
		for i, name := range change.names {
			var one Patch
			one.Put(name, change.values[i])
			u, _ := a.patches.of(m, one)
			r, ok, err = a.config.Store.Update(ctx, u, one.args(u, id))
			if err != nil || !ok {
				return err
			}
		}
		return nil
	})
	return r, ok && err == nil, err
}

// DeleteUser removes the user with the id and everything that refers to it, sessions first among it, and reports
// whether there was one. After an error it may be called again, and then ends what sessions are left.
func (a *Auth) DeleteUser(ctx context.Context, id string) (bool, error) {
	if err := a.refuseUnheld(ctx); err != nil {
		return false, err
	}
	u, err := a.FindUser(ctx, id)
	if err != nil {
		return false, err
	}
	if u == nil { // or a call before this one got no further
		_, err := a.sessions.revokeAll(ctx, id, "")
		return false, err
	}
	for _, h := range a.hooks {
		if err := after(ctx, h.User.BeforeDelete, *u, ErrDeleteUser); err != nil {
			return false, err
		}
	}
	n, err := a.config.Store.Delete(ctx, &a.queries.dropUser, []ports.Value{ports.String(id)})
	if err != nil || n == 0 {
		return false, err
	}
	// After the row: no session can begin any more that this would miss.
	if _, err := a.sessions.revokeAll(ctx, id, ""); err != nil {
		return true, err
	}
	a.trail.add(ctx, Event{Type: "user.deleted", UserID: id})
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.User.AfterDelete, *u, ErrDeleteUser); err != nil {
			return true, err
		}
	}
	return true, nil
}

// newID returns a new id for the model, "" where the store makes it.
func (a *Auth) newID(m *ports.Model) (string, error) {
	switch m.ID {
	case ports.IDText:
		return secret.Random32(a.config.Random, alphanumeric, 32)
	case ports.IDUUID:
		return newUUID(a.config.Random)
	}
	return "", nil
}

// newUUID returns a random UUID, RFC 9562 section 5.4.
func newUUID(random ports.Random) (string, error) {
	var b [16]byte
	if n, err := random.Read(b[:]); err != nil || n != len(b) {
		return "", fmt.Errorf("kernia: making an id: %w", errors.Join(err, errors.New("short read")))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
