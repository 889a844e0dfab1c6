package kernia

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kernia-go/kernia/core/internal/email"
	"github.com/kernia-go/kernia/ports"
)

// Users are the users of one Auth: find, make, change and delete them by [Auth.Users].
type Users struct{ auth *Auth }

// model and value make Users a Referred.
func (users Users) model() *ports.Model {
	if users.auth == nil || users.auth.schema == nil {
		return nil
	}
	return users.auth.schema.User
}

func (users Users) value(r ports.Record) User { return users.auth.schema.UserOf(r) }

// Find returns the user with the id, or nil.
func (users Users) Find(ctx context.Context, id string) (*User, error) {
	return users.one(ctx, &users.auth.queries.userByID, id)
}

// FindByEmail returns the user with the e-mail address in whatever case, or nil.
func (users Users) FindByEmail(ctx context.Context, address string) (*User, error) {
	return users.one(ctx, &users.auth.queries.userByEmail, email.Normal(address))
}

func (users Users) one(ctx context.Context, q *ports.Query, arg string) (*User, error) {
	records, err := users.auth.config.Store.Find(ctx, q, []ports.Value{ports.String(arg)})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	u := users.auth.schema.UserOf(records[0])
	return &u, nil
}

// New returns a user to fill and give to CreateUser: added fields have their defaults.
func (users Users) New(ctx context.Context) User {
	values := make([]ports.Value, len(users.auth.userExtras))
	for i, e := range users.auth.userExtras {
		values[i] = e.initial(ctx)
	}
	return User{Extra: users.auth.schema.NewUser(values)}
}

// Create stores a user made by New and returns it with its id and times. An id that the caller or a before-hook gave it
// is kept, and must have the form that Config.IDs says. An account with the provider id, if there is one, is stored with
// it, its user and, for a password, its account id filled in: both or none. The user's hooks run around it. Errors:
// ErrInvalidEmail, ErrUserExists, the error of an added field that is taken, MISSING_FIELD for a required one without a
// value, ErrCreateUser or the hook's own error for a denial, ErrUserUnfinished or the hook's own error where the user is
// stored and a hook after it failed. With ErrUserExists the user is returned as the hooks left it.
func (users Users) Create(ctx context.Context, u User, with ...Account) (User, error) {
	with = slices.Clone(with) // the caller's stay as they are
	if err := users.prepare(ctx, &u, with); err != nil {
		return User{}, err
	}
	stored, err := users.store(ctx, u, with, func(ctx context.Context, stored *User) error {
		users.auth.trail.add(ctx, Event{Type: "user.created", UserID: stored.ID})
		return users.duringCreate(ctx, *stored)
	})
	if errors.Is(err, ErrUserExists) {
		return u, err
	}
	if err != nil {
		return User{}, err
	}
	return stored, users.afterCreate(ctx, stored, with)
}

// prepare makes u ready to be stored.
func (users Users) prepare(ctx context.Context, u *User, with []Account) (err error) {
	if err := users.auth.refuseUnheld(ctx); err != nil {
		return err
	}
	u.Email = email.Normal(u.Email)
	if !email.Valid(u.Email) {
		return ErrInvalidEmail
	}
	if len(u.Values()) != len(users.auth.userExtras) {
		u.Extra = users.New(ctx).Extra
	}
	if err := users.beforeCreate(ctx, u, with); err != nil {
		return err
	}
	u.CreatedAt = users.auth.now()
	u.UpdatedAt = u.CreatedAt
	u.ID, err = users.auth.newID(ctx, users.auth.schema.User, u.ID)
	return err
}

// store writes a user and their accounts, which get their ids, in one transaction with a last step.
func (users Users) store(ctx context.Context, u User, with []Account, last func(ctx context.Context, stored *User) error) (User, error) {
	var stored User
	err := users.auth.tx(ctx, func(ctx context.Context) error {
		r, err := users.auth.config.Store.Create(ctx, users.auth.schema.User, users.auth.schema.UserRecord(&u))
		if err != nil {
			return conflict(err, users.auth.userExtras)
		}
		stored = users.auth.schema.UserOf(r)
		for i := range with {
			if with[i], err = users.auth.Accounts.create(ctx, with[i], stored.ID); err != nil {
				return err
			}
		}
		return last(ctx, &stored)
	})
	if err != nil && stored.ID != "" && users.auth.schema.User.ID != ports.IDSerial { // a number may be somebody else's by now
		users.undo(ctx, stored.ID) // a store that cannot roll back still has the user
	}
	return stored, err
}

// undo removes a user who was stored, although ctx may be done. What it cannot remove, it logs.
func (users Users) undo(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), users.auth.config.Timeout)
	defer cancel()
	if _, err := users.auth.config.Store.Delete(ctx, &users.auth.queries.dropUser, []ports.Value{ports.String(id)}); err != nil {
		users.auth.config.Logger.WarnContext(ctx, "half a sign-up is left", "user_id", id, "error", err)
	}
}

func (users Users) beforeCreate(ctx context.Context, u *User, with []Account) error {
	for _, h := range users.auth.hooks {
		if err := before(ctx, h.User.BeforeCreate, u, ErrCreateUser); err != nil {
			return err
		}
	}
	if u.Email = email.Normal(u.Email); !email.Valid(u.Email) { // a hook may have changed it
		return ErrInvalidEmail
	}
	for i, e := range users.auth.userExtras {
		if e.required && u.Values()[i].IsNull() {
			return fieldError("MISSING_FIELD", e.name, " is required")
		}
	}
	for i := range with {
		for _, h := range users.auth.hooks {
			if err := before(ctx, h.Account.BeforeCreate, &with[i], ErrCreateUser); err != nil {
				return err
			}
		}
	}
	return nil
}

func (users Users) duringCreate(ctx context.Context, u User) error {
	for _, h := range users.auth.hooks {
		if err := after(ctx, h.User.DuringCreate, u, ErrCreateUser); err != nil {
			return err
		}
	}
	return nil
}

func (users Users) afterCreate(ctx context.Context, u User, with []Account) error {
	for _, h := range slices.Backward(users.auth.hooks) {
		if err := after(ctx, h.User.AfterCreate, u, ErrUserUnfinished); err != nil {
			return err
		}
		for _, account := range with {
			if err := after(ctx, h.Account.AfterCreate, account, ErrUserUnfinished); err != nil {
				return err
			}
		}
	}
	return nil
}

// NormalEmail returns the form in which an e-mail address is stored and compared: with its ASCII letters in lower case.
func NormalEmail(s string) string { return email.Normal(s) }

// ValidEmail reports whether s, in whatever case, can be the e-mail address of a user.
func ValidEmail(s string) bool { return email.Valid(s) }

// conflict returns what a caller is told about a record that was not written: the error of the added field whose value
// is taken, where it has one of its own.
func conflict(err error, added []extraField) error {
	if c, ok := errors.AsType[*ports.ConflictError](err); ok {
		for _, e := range added {
			if e.name == c.Key && e.taken != nil {
				return e.taken.Because(err)
			}
		}
		if c.Key == "email" || c.Key == "" {
			return ErrUserExists.Because(err)
		}
		return ErrFieldTaken.Because(err)
	}
	return err
}

// Update changes the user with the id and returns it as it then is. Errors: ErrUserNotFound, ErrUserExists for
// an address that is taken, ErrFieldTaken, ErrNoFields for an empty change, the hooks' own.
func (users Users) Update(ctx context.Context, id string, change Patch) (User, error) {
	u, ok, err := users.change(ctx, id, change, condition{})
	if err == nil && !ok {
		err = ErrUserNotFound
	}
	return u, err
}

// A condition is what must be true of a record when it is changed: each field has the value.
type condition struct {
	where  []ports.Condition
	values []ports.Value
}

func (c condition) is(field string, v ports.Value) condition {
	return condition{append(c.where, eq(field)), append(c.values, v)}
}

// change is Update for a user who meets the condition; ok is false where there is none.
func (users Users) change(ctx context.Context, id string, change Patch, when condition) (u User, ok bool, err error) {
	if err := users.auth.refuseUnheld(ctx); err != nil {
		return User{}, false, err
	}
	if err := normalEmail(&change); err != nil {
		return User{}, false, err
	}
	for _, h := range users.auth.hooks {
		if err := beforeUpdate(ctx, h.User.BeforeUpdate, id, &change, ErrUpdateUser); err != nil {
			return User{}, false, err
		}
	}
	if err := normalEmail(&change); err != nil { // a hook may have changed it
		return User{}, false, err
	}
	done, err := users.auth.kept.changing(ctx, id)
	if err != nil {
		return User{}, false, err
	}
	r, ok, err := users.auth.update(ctx, users.auth.schema.User, id, change, when)
	done(ctx)
	if err != nil || !ok {
		return User{}, false, conflict(err, users.auth.userExtras)
	}
	u = users.auth.schema.UserOf(r)
	users.auth.trail.add(ctx, Event{Type: "user.updated", UserID: id})
	for _, h := range slices.Backward(users.auth.hooks) {
		if err := after(ctx, h.User.AfterUpdate, u, ErrUpdateUser); err != nil {
			return User{}, false, err
		}
	}
	return u, true, nil
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

// update applies a patch to one record that meets the condition, in one step unless there are too many combinations of
// fields.
func (a *Auth) update(ctx context.Context, m *ports.Model, id string, change Patch, when condition) (ports.Record, bool, error) {
	if change.Len() == 0 {
		return nil, false, ErrNoFields
	}
	if _, ok := change.Lookup("updatedAt"); !ok && stamped(m) {
		change.Put("updatedAt", ports.Time(a.now()))
	}
	u, ok := a.patches.of(m, change, when.where)
	switch {
	case !ok:
		return nil, false, fmt.Errorf("%w: no such fields to change in %q", ports.ErrInvalid, m.Name)
	case u == nil:
		return a.updateEach(ctx, m, id, change, when)
	}
	return a.config.Store.Update(ctx, u, change.args(u, id, when.values))
}

// stamped reports whether records of m say when they were last changed.
func stamped(m *ports.Model) bool {
	i := m.Field("updatedAt")
	return i >= 0 && m.Fields[i].Type == ports.TypeTime
}

// updateEach applies a patch field by field, all or nothing where the store can roll back. The first field carries the
// condition.
func (a *Auth) updateEach(ctx context.Context, m *ports.Model, id string, change Patch, when condition) (r ports.Record, ok bool, err error) {
	err = a.tx(ctx, func(ctx context.Context) error {
		for i, name := range change.names {
			var one Patch
			one.Put(name, change.values[i])
			u, _ := a.patches.of(m, one, when.where)
			r, ok, err = a.config.Store.Update(ctx, u, one.args(u, id, when.values))
			if err != nil || !ok {
				return err
			}
			when = condition{}
		}
		return nil
	})
	return r, ok && err == nil, err
}

// Delete removes the user with the id and everything that refers to it, sessions first among it, and reports
// whether there was one. After an error it may be called again, and then ends what sessions are left.
func (users Users) Delete(ctx context.Context, id string) (bool, error) {
	if err := users.auth.refuseUnheld(ctx); err != nil {
		return false, err
	}
	u, err := users.Find(ctx, id)
	if err != nil {
		return false, err
	}
	if u == nil { // or a call before this one got no further
		_, err := users.auth.kept.revokeAll(ctx, id, nil)
		return false, err
	}
	for _, h := range users.auth.hooks {
		if err := after(ctx, h.User.BeforeDelete, *u, ErrDeleteUser); err != nil {
			return false, err
		}
	}
	done, err := users.auth.kept.changing(ctx, id)
	if err != nil {
		return false, err
	}
	n, err := users.auth.config.Store.Delete(ctx, &users.auth.queries.dropUser, []ports.Value{ports.String(id)})
	done(ctx) // after the row: no session can begin any more that this would miss
	if err != nil || n == 0 {
		return false, err
	}
	users.auth.trail.add(ctx, Event{Type: "user.deleted", UserID: id})
	for _, h := range slices.Backward(users.auth.hooks) {
		if err := after(ctx, h.User.AfterDelete, *u, ErrDeleteUser); err != nil {
			return true, err
		}
	}
	return true, nil
}

// sameUser reports whether two records of one user are alike in every field.
func (a *Auth) sameUser(x, y *User) bool {
	return slices.EqualFunc(a.schema.UserRecord(x), a.schema.UserRecord(y), ports.Value.Equal)
}
