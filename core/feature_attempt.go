package kernia

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kernia-go/kernia/core/internal/schema"

	"github.com/kernia-go/kernia/ports"
)

// An Attempt is a sign-in after the user has proved who they are, and before a session exists.
type Attempt struct {
	User    User
	Method  string     // how the user proved it: "email", "username", "magic-link", the id of a provider
	Account *Account   // whose password or identity was proved; nil for another proof
	Forget  bool       // do not remember the session: rememberMe was false
	Session NewSession // what else the session begins with; Forget, IPAddress and UserAgent are filled in

	// Renewal says that the user was signed in already and gets a new session instead of the old one, as after a change
	// of the password. An interrupt that asks for a second factor lets it pass.
	Renewal bool

	// Passed names the features whose further step the user has completed in this sign-in. An interrupt that finds its
	// own feature here lets the attempt pass.
	Passed []string
}

// ByPassword reports whether the attempt proved a password.
func (at Attempt) ByPassword() bool {
	return at.Account != nil && at.Account.ProviderID == CredentialProvider
}

// suspended is the form of an attempt that is kept for later.
type suspended struct {
	UserID    string            `json:"user"`
	Email     string            `json:"email"`
	Method    string            `json:"method"`
	AccountID string            `json:"account,omitempty"`
	Password  string            `json:"password,omitempty"` // the digest of its hash
	Forget    bool              `json:"forget,omitempty"`
	ExpiresIn time.Duration     `json:"expiresIn,omitempty"`
	Fields    []string          `json:"fields,omitempty"` // of the session, with their values
	Values    []json.RawMessage `json:"values,omitempty"`
	Passed    []string          `json:"passed,omitempty"`
}

// Suspend returns the attempt as a text, for a feature that diverts the sign-in and continues it later. Keep the text
// on the server, in a [OneTime]; never send it to a client.
func (c *Call) Suspend(at Attempt) (string, error) {
	s := suspended{
		UserID: at.User.ID, Email: at.User.Email, Method: at.Method, Forget: at.Forget, ExpiresIn: at.Session.ExpiresIn, Passed: at.Passed,
		Fields: at.Session.Fields.names,
	}
	if at.Account != nil {
		s.AccountID, s.Password = at.Account.ID, digest(at.Account.Password)
	}
	if len(s.Fields) > 0 {
		s.Values = schema.Encode(at.Session.Fields.values)
	}
	text, err := json.Marshal(s)
	return string(text), err
}

// Resume returns the attempt that Suspend wrote, with the user's present data. It returns nil if the proof no longer
// holds: the user or the account is gone, the password has changed or, if no account was proved, the e-mail address
// has. To continue, add the feature's name to Passed and call [Call.SignIn].
func (c *Call) Resume(ctx context.Context, text string) (*Attempt, error) {
	var s suspended
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, nil
	}
	u, account, err := c.auth.proof(ctx, s.UserID, s.AccountID)
	if err != nil || u == nil {
		return nil, err
	}
	if account == nil && u.Email != s.Email || account != nil && digest(account.Password) != s.Password {
		return nil, nil
	}
	at := &Attempt{User: *u, Method: s.Method, Account: account, Forget: s.Forget, Session: NewSession{ExpiresIn: s.ExpiresIn}, Passed: s.Passed}
	if at.Session.Fields, err = c.auth.fieldsOf(s); err != nil {
		return nil, err
	}
	return at, nil
}

// proof returns the user with the account that they proved, both as they are now, in one round trip to the store. The
// account is nil where accountID is "". The user is nil where one of them is gone.
func (a *Auth) proof(ctx context.Context, userID, accountID string) (*User, *Account, error) {
	if accountID == "" {
		u, err := a.Users.Find(ctx, userID)
		return u, nil, err
	}
	found, err := a.Accounts.credential(ctx, &a.queries.accountByID, accountID)
	if err != nil || found == nil || found.User.ID != userID {
		return nil, nil, err
	}
	return &found.User, &found.Account, nil
}

// fieldsOf returns the values of added session fields that an attempt was suspended with.
func (a *Auth) fieldsOf(s suspended) (Patch, error) {
	var fields Patch
	if len(s.Fields) == 0 {
		return fields, nil
	}
	if len(s.Values) != len(s.Fields) {
		return fields, schema.ErrForm
	}
	for i, name := range s.Fields {
		at := a.schema.Session.Field(name)
		if at < 0 {
			return fields, schema.ErrForm
		}
		var v ports.Value
		if err := schema.DecodeValue(a.schema.Session.Fields[at].Type, s.Values[i], &v); err != nil {
			return fields, err
		}
		fields.Put(name, v)
	}
	return fields, nil
}
