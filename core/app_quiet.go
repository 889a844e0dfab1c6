package kernia

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/core/internal/email"
	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// CreateQuietly is [Users.Create] for a caller who must not learn whether the e-mail address is taken, such as somebody
// who signs up. If it is, nobody is created, and the user that is returned looks like a new one, with an id and values
// as the store would have kept them. Both cases take the same steps, and have the same errors for all that is wrong but
// the address. Hooks after the creation run behind the answer, without the call in their context; their errors are
// logged.
func (users Users) CreateQuietly(ctx context.Context, u User, with ...Account) (_ User, created bool, err error) {
	with = slices.Clone(with)
	if err := users.prepare(ctx, &u, with); err != nil {
		return User{}, false, err
	}
	spare, err := users.spareAddress(u.Email)
	if err != nil {
		return User{}, false, err
	}
	known, err := users.FindByEmail(ctx, u.Email)
	if err != nil {
		return User{}, false, err
	}
	if known == nil {
		accounts := slices.Clone(with)
		stored, err := users.store(ctx, u, accounts, func(ctx context.Context, stored *User) error {
			users.auth.trail.add(ctx, Event{Type: "user.created", UserID: stored.ID})
			if err := users.duringCreate(ctx, *stored); err != nil {
				return err
			}
			return users.takeBack(ctx, stored.ID, spare)
		})
		if err == nil {
			users.auth.Enqueue(ctx, "hooks after a sign-up", func(ctx context.Context) error { return users.afterCreate(ctx, stored, accounts) })
			return stored, true, nil
		}
		if !errors.Is(err, ErrUserExists) {
			return User{}, false, err
		}
	}
	u, err = users.pretend(ctx, u, with, spare)
	return u, false, err
}

// pretend stores u under the spare address and takes it back in the same transaction, so that the store decides about
// everything but the address, and makes the id.
func (users Users) pretend(ctx context.Context, u User, with []Account, spare string) (User, error) {
	address := u.Email
	u.Email = spare
	stored, err := users.store(ctx, u, with, func(ctx context.Context, stored *User) error {
		shown := *stored
		shown.Email = address
		if err := users.duringCreate(ctx, shown); err != nil {
			return err
		}
		if err := users.takeBack(ctx, stored.ID, spare); err != nil || !users.auth.during() {
			return err
		}
		return errTakenBack
	})
	if errors.Is(err, errTakenBack) {
		err = nil
	}
	if held, ok := errors.AsType[*ports.ConflictError](err); ok && !users.auth.addsUnique(held.Key) {
		stored, err = u, nil // a hook made its id from the address, so it is taken as well
	}
	if err != nil {
		return User{}, err
	}
	stored.Email = address
	return stored, nil
}

// errTakenBack rolls a transaction back that did all it should: what hooks did in it must not stay.
var errTakenBack = errors.New("kernia: taken back")

// during reports whether hooks run in the transaction that stores a user.
func (a *Auth) during() bool {
	return slices.ContainsFunc(a.hooks, func(h Hooks) bool { return h.User.DuringCreate != nil })
}

// takeBack removes the user with the id if they have the spare address. The user who has really signed up has another,
// and stays; the call is made for them too, so that both cost the same.
func (users Users) takeBack(ctx context.Context, id, spare string) error {
	_, err := users.auth.config.Store.Delete(ctx, &users.auth.queries.dropSpare, []ports.Value{ports.String(id), ports.String(spare)})
	return err
}

// spareAddress returns an address that nobody has, at the same domain as the given one.
func (users Users) spareAddress(address string) (string, error) {
	domain := address[strings.LastIndexByte(address, '@'):]
	name, err := secret.Random32(users.auth.config.Random, "abcdefghijklmnopqrstuvwxyz0123456789", min(32, email.Max-len(domain)))
	return name + domain, err
}

// addsUnique reports whether key is an added field of users.
func (a *Auth) addsUnique(key string) bool {
	return slices.ContainsFunc(a.userExtras, func(e extraField) bool { return e.name == key })
}
