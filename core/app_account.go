package kernia

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/core/internal/email"
	"github.com/kernia-go/kernia/ports"
)

// Accounts are the ways in which the users of one Auth sign in: passwords and identities at providers. Use them by
// [Auth.Accounts].
type Accounts struct{ auth *Auth }

// CredentialProvider is the provider id of accounts that sign in with a password.
const CredentialProvider = "credential"

// A Credential is a user together with the account whose password signs in.
type Credential struct {
	User    User
	Account Account
}

// LogValue keeps the password hash out of logs.
func (c *Credential) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user_id", c.User.ID), slog.String("account_id", c.Account.ID))
}

// FindCredential returns the user with the e-mail address and their password account in one round trip to the
// store, or nil where there is no such user or they have no password.
func (accounts Accounts) FindCredential(ctx context.Context, address string) (*Credential, error) {
	return accounts.credential(ctx, &accounts.auth.queries.credentialByEmail, CredentialProvider, email.Normal(address))
}

// credential returns the account, and the user it belongs to, that a query with two conditions finds.
func (accounts Accounts) credential(ctx context.Context, q *ports.Query, args ...string) (*Credential, error) {
	values := make([]ports.Value, len(args))
	for i, arg := range args {
		values[i] = ports.String(arg)
	}
	records, err := accounts.auth.config.Store.Find(ctx, q, values)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	r := records[0]
	return &Credential{Account: schema.AccountOf(r[:schema.AccountFields]), User: accounts.auth.schema.UserOf(r[schema.AccountFields:])}, nil
}

// Find returns the user's account at the provider, or nil.
func (accounts Accounts) Find(ctx context.Context, userID, provider string) (*Account, error) {
	records, err := accounts.auth.config.Store.Find(ctx, &accounts.auth.queries.accountOf, []ports.Value{ports.String(userID), ports.String(provider)})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	found := schema.AccountOf(records[0])
	return &found, nil
}

// List returns the user's accounts, oldest first.
func (accounts Accounts) List(ctx context.Context, userID string) ([]Account, error) {
	records, err := accounts.auth.config.Store.Find(ctx, &accounts.auth.queries.accountsOf, []ports.Value{ports.String(userID)})
	if err != nil {
		return nil, err
	}
	list := make([]Account, len(records))
	for i, r := range records {
		list[i] = schema.AccountOf(r)
	}
	return list, nil
}

// FindByProvider returns the account that the provider knows as accountID, together with its user, in one round trip to
// the store; nil where there is none.
func (accounts Accounts) FindByProvider(ctx context.Context, provider, accountID string) (*Credential, error) {
	return accounts.credential(ctx, &accounts.auth.queries.accountByProvider, provider, accountID)
}

// Create stores an account of the user that its UserID names, and returns it with its id and times. The account's hooks
// run around it. Errors: ErrAccountExists where the provider's account is linked already, ErrCreateAccount or a hook's
// own error for a denial.
func (accounts Accounts) Create(ctx context.Context, account Account) (Account, error) {
	a := accounts.auth
	if err := a.refuseUnheld(ctx); err != nil {
		return Account{}, err
	}
	userID := account.UserID
	for _, h := range a.hooks {
		if err := before(ctx, h.Account.BeforeCreate, &account, ErrCreateAccount); err != nil {
			return Account{}, err
		}
	}
	account, err := accounts.create(ctx, account, userID)
	if err != nil {
		return Account{}, accountConflict(err)
	}
	a.trail.add(ctx, Event{Type: "account.created", UserID: userID})
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.Account.AfterCreate, account, ErrCreateAccount); err != nil {
			return account, err
		}
	}
	return account, nil
}

func accountConflict(err error) error {
	if _, ok := errors.AsType[*ports.ConflictError](err); ok {
		return ErrAccountExists.Because(err)
	}
	return err
}

// create stores an account without its hooks.
func (accounts Accounts) create(ctx context.Context, account Account, userID string) (Account, error) {
	var err error
	if account.ID, err = accounts.auth.newID(ctx, accounts.auth.schema.Account, account.ID); err != nil {
		return Account{}, err
	}
	account.UserID = userID
	if account.ProviderID == CredentialProvider {
		account.AccountID = userID
	}
	account.CreatedAt = accounts.auth.now()
	account.UpdatedAt = account.CreatedAt
	r, err := accounts.auth.config.Store.Create(ctx, accounts.auth.schema.Account, schema.AccountRecord(&account))
	if err != nil {
		return Account{}, err
	}
	return schema.AccountOf(r), nil
}

// Update changes fields of the account with the id, by their names in the database ("accessToken", "scope"), and returns
// it. The account's hooks run around it. Errors: ErrAccountNotFound, ErrNoFields, ErrUpdateAccount or a hook's own error
// for a denial. A password is changed by ReplacePassword.
func (accounts Accounts) Update(ctx context.Context, id string, change Patch) (Account, error) {
	a := accounts.auth
	if err := a.refuseUnheld(ctx); err != nil {
		return Account{}, err
	}
	for _, h := range a.hooks {
		if err := beforeUpdate(ctx, h.Account.BeforeUpdate, id, &change, ErrUpdateAccount); err != nil {
			return Account{}, err
		}
	}
	r, ok, err := a.update(ctx, a.schema.Account, id, change, condition{})
	if err != nil {
		return Account{}, accountConflict(err)
	}
	if !ok {
		return Account{}, ErrAccountNotFound
	}
	account := schema.AccountOf(r)
	return account, accounts.afterUpdate(ctx, account)
}

func (accounts Accounts) afterUpdate(ctx context.Context, account Account) error {
	a := accounts.auth
	a.trail.add(ctx, Event{Type: "account.updated", UserID: account.UserID})
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.Account.AfterUpdate, account, ErrUpdateAccount); err != nil {
			return err
		}
	}
	return nil
}

// Delete removes an account that is the user's and reports whether there was one; the store compares the owner in the
// same step. The account's hooks run around it.
func (accounts Accounts) Delete(ctx context.Context, account Account) (bool, error) {
	a := accounts.auth
	if err := a.refuseUnheld(ctx); err != nil {
		return false, err
	}
	for _, h := range a.hooks {
		if err := after(ctx, h.Account.BeforeDelete, account, ErrDeleteAccount); err != nil {
			return false, err
		}
	}
	n, err := a.config.Store.Delete(ctx, &a.queries.dropAccount, []ports.Value{ports.String(account.ID), ports.String(account.UserID)})
	if err != nil || n == 0 {
		return false, err
	}
	a.trail.add(ctx, Event{Type: "account.deleted", UserID: account.UserID})
	for _, h := range slices.Backward(a.hooks) {
		if err := after(ctx, h.Account.AfterDelete, account, ErrDeleteAccount); err != nil {
			return true, err
		}
	}
	return true, nil
}

// HashPassword returns a hash of password to store in an account.
func (accounts Accounts) HashPassword(ctx context.Context, password string) (string, error) {
	return accounts.auth.config.Hasher.Hash(ctx, password)
}

// Fingerprint returns a text that changes with the password of the account, for what must end when it changes. It
// discloses nothing of the password. For nil, or an account without a password, it is that of an empty one.
func Fingerprint(account *Account) string {
	if account == nil {
		return digest("")
	}
	return digest(account.Password)
}

// A Guess is a password that somebody claims to be an account's.
type Guess struct {
	Name     string   // under which the account was looked for, in its normal form; it counts the guesses where Account is nil
	Account  *Account // nil where there is no such account
	Password string
}

// CheckPassword reports whether the password is the account's. Where there is no account, or it has no password, or one
// in a form that nothing here verifies, it takes the same work and reports false: see Config.Imported. A hash that is
// out of date is replaced, in the account of the guess too. Too many wrong guesses at one account are
// ErrTooManyAttempts, from whatever address and under whatever name they come; a right one forgets them. See
// [GuessConfig]. A password that nobody can have is ErrPasswordTooLong.
func (accounts Accounts) CheckPassword(ctx context.Context, g Guess) (bool, error) {
	if err := accounts.tooLong(g.Password); err != nil {
		return false, err
	}
	key := "name:" + email.Normal(g.Name)
	if g.Account != nil {
		key = "user:" + g.Account.UserID
	}
	if err := accounts.auth.guesses.Attempt(ctx, key); err != nil {
		return false, err
	}
	ok, err := accounts.verify(ctx, g.Account, g.Password)
	if ok && err == nil {
		err = accounts.auth.guesses.Reset(ctx, key)
	}
	return ok && err == nil, err
}

// verify compares a password with an account's hash.
func (accounts Accounts) verify(ctx context.Context, account *Account, password string) (bool, error) {
	if account == nil || account.Password == "" {
		return false, accounts.reject(ctx, password)
	}
	ok, stale, err := accounts.auth.config.Hasher.Verify(ctx, password, account.Password)
	if err != nil || !ok {
		if err != nil && ctx.Err() == nil && !overloaded(err) {
			accounts.auth.config.Logger.ErrorContext(ctx, "password hash cannot be verified", "account_id", account.ID, "error", err)
			err = accounts.reject(ctx, password) // time must not tell that this account is one
		}
		return false, err
	}
	if stale {
		return accounts.rehash(ctx, account, password)
	}
	return true, nil
}

// reject takes the work of a wrong password where there is no hash to compare it with.
func (accounts Accounts) reject(ctx context.Context, password string) error {
	if even, ok := accounts.auth.config.Hasher.(ports.EvenHasher); ok {
		return even.Reject(ctx, password)
	}
	_, err := accounts.auth.config.Hasher.Hash(ctx, password)
	return err
}

// rehash replaces a hash that is out of date, in account too. The sign-in does not depend on it: where the hash cannot
// be stored, the next one tries again. Where another hash was stored meanwhile, that is the one that counts.
func (accounts Accounts) rehash(ctx context.Context, account *Account, password string) (bool, error) {
	hash, err := accounts.HashPassword(ctx, password)
	if err != nil {
		return true, nil //nolint:nilerr // as above
	}
	ok, err := accounts.storePassword(ctx, account, hash)
	switch {
	case err != nil:
		accounts.auth.config.Logger.WarnContext(ctx, "password hash not renewed", "account_id", account.ID, "error", err)
		return true, nil
	case ok:
		account.Password = hash // whoever changes it next compares with what is there now
		return true, nil
	}
	found, err := accounts.credential(ctx, &accounts.auth.queries.accountByID, account.ID)
	if err != nil || found == nil || found.Account.Password == "" {
		return false, err
	}
	account.Password = found.Account.Password
	ok, _, err = accounts.auth.config.Hasher.Verify(ctx, password, account.Password)
	return ok && err == nil, err
}

// ReplacePassword stores hash as the account's password, and reports false where the password was changed since
// account was read. The account's hooks run around it.
func (accounts Accounts) ReplacePassword(ctx context.Context, account *Account, hash string) (bool, error) {
	a := accounts.auth
	if err := a.refuseUnheld(ctx); err != nil {
		return false, err
	}
	var change Patch
	change.Put("password", ports.String(hash))
	for _, h := range a.hooks {
		if err := beforeUpdate(ctx, h.Account.BeforeUpdate, account.ID, &change, ErrUpdateAccount); err != nil {
			return false, err
		}
	}
	if v, _ := change.Lookup("password"); change.Len() != 1 || v.AsString() != hash {
		return false, ErrUpdateAccount.Because(errors.New("a hook changed what is stored with a password"))
	}
	ok, err := accounts.storePassword(ctx, account, hash)
	if err != nil || !ok {
		return false, err
	}
	changed := *account
	changed.Password = hash
	return true, accounts.afterUpdate(ctx, changed)
}

func (accounts Accounts) storePassword(ctx context.Context, account *Account, hash string) (bool, error) {
	_, ok, err := accounts.auth.config.Store.Update(ctx, &accounts.auth.queries.setPassword, []ports.Value{
		ports.String(account.ID), ports.String(account.Password), ports.String(hash), ports.Time(accounts.auth.now()),
	})
	return ok, err
}
