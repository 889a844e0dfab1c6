package kernia

import (
	"context"
	"log/slog"

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
	records, err := accounts.auth.config.Store.Find(ctx, &accounts.auth.queries.credentialByEmail,
		[]ports.Value{ports.String(CredentialProvider), ports.String(email.Normal(address))})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	r := records[0]
	return &Credential{Account: accountOf(r[:accountFields]), User: accounts.auth.schema.userOf(r[accountFields:])}, nil
}

// Find returns the user's account at the provider, or nil.
func (accounts Accounts) Find(ctx context.Context, userID, provider string) (*Account, error) {
	records, err := accounts.auth.config.Store.Find(ctx, &accounts.auth.queries.accountOf, []ports.Value{ports.String(userID), ports.String(provider)})
	if err != nil || len(records) == 0 {
		return nil, err
	}
	found := accountOf(records[0])
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
		list[i] = accountOf(r)
	}
	return list, nil
}

func (accounts Accounts) create(ctx context.Context, account Account, userID string) (Account, error) {
	var err error
	if account.ID, err = accounts.auth.newID(accounts.auth.schema.account); err != nil {
		return Account{}, err
	}
	account.UserID = userID
	if account.ProviderID == CredentialProvider {
		account.AccountID = userID
	}
	account.CreatedAt = accounts.auth.now()
	account.UpdatedAt = account.CreatedAt
	r, err := accounts.auth.config.Store.Create(ctx, accounts.auth.schema.account, accountRecord(&account))
	if err != nil {
		return Account{}, err
	}
	return accountOf(r), nil
}

// HashPassword returns a hash of password to store in an account.
func (accounts Accounts) HashPassword(ctx context.Context, password string) (string, error) {
	return accounts.auth.config.Hasher.Hash(ctx, password)
}

// CheckPassword reports whether password is the account's. Where account is nil, has no password, or one in a form
// that nothing here verifies, it takes as long and reports false. A hash that is out of date is replaced, in account
// too.
func (accounts Accounts) CheckPassword(ctx context.Context, account *Account, password string) (bool, error) {
	if account == nil || account.Password == "" {
		_, err := accounts.auth.config.Hasher.Hash(ctx, password)
		return false, err
	}
	ok, stale, err := accounts.auth.config.Hasher.Verify(ctx, password, account.Password)
	if err != nil || !ok {
		if err != nil && ctx.Err() == nil && !overloaded(err) {
			accounts.auth.config.Logger.ErrorContext(ctx, "password hash cannot be verified", "account_id", account.ID, "error", err)
			_, err = accounts.auth.config.Hasher.Hash(ctx, password) // time must not tell that this account is one
		}
		return false, err
	}
	if stale {
		// The sign-in does not depend on it: the next one tries again.
		if hash, err := accounts.HashPassword(ctx, password); err == nil {
			if ok, err := accounts.ReplacePassword(ctx, account, hash); ok {
				account.Password = hash // who changes it next compares with what is there now
			} else if err != nil {
				accounts.auth.config.Logger.WarnContext(ctx, "password hash not renewed", "account_id", account.ID, "error", err)
			}
		}
	}
	return true, nil
}

// ReplacePassword stores hash as the account's password, and reports false where the password was changed since
// account was read.
func (accounts Accounts) ReplacePassword(ctx context.Context, account *Account, hash string) (bool, error) {
	_, ok, err := accounts.auth.config.Store.Update(ctx, &accounts.auth.queries.setPassword, []ports.Value{
		ports.String(account.ID), ports.String(account.Password), ports.String(hash), ports.Time(accounts.auth.now()),
	})
	return ok, err
}
