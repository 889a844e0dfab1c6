// Package schema describes the tables of one Auth, and turns their records into entities and back.
package schema

import (
	"fmt"
	"slices"

	"github.com/kernia-go/kernia/ports"
)

// Positions in the records of the core's own models; added fields follow.
const (
	userID = iota
	userName
	userEmail
	userEmailVerified
	userImage
	userCreatedAt
	userUpdatedAt
	UserFields
)

const (
	sessionID = iota
	sessionExpiresAt
	SessionToken
	sessionCreatedAt
	sessionUpdatedAt
	sessionIPAddress
	sessionUserAgent
	sessionUserID
	SessionFields
)

const (
	accountID = iota
	accountAccountID
	accountProviderID
	accountUserID
	accountAccessToken
	accountRefreshToken
	accountIDToken
	accountAccessExpires
	accountRefreshExpires
	accountScope
	accountPassword
	accountCreatedAt
	accountUpdatedAt
	AccountFields
)

// A Schema is every model of one Auth.
type Schema struct {
	User, Session, Account, Verification *ports.Model

	RateLimit *ports.Model // nil unless limits count in the store
	All       []*ports.Model

	userShown, sessionShown []ports.ExtraField
}

// An Added field is one that the application or a feature adds to users or sessions.
type Added struct {
	Name, Column             string
	Type                     ports.Type
	Hidden, Required, Unique bool
	Default                  ports.Value // null: none
}

func field(name string, t ports.Type) ports.Field { return ports.Field{Name: name, Type: t} }
func nullable(name string, t ports.Type) ports.Field {
	return ports.Field{Name: name, Type: t, Null: true}
}

func refers(name string, to *ports.Model) ports.Field {
	return ports.Field{Name: name, Type: ports.TypeString, References: to}
}

// New returns the schema of the core with the fields added to users and sessions. Its error is about these.
func New(ids ports.IDKind, users, sessions []Added) (*Schema, error) {
	s := &Schema{}
	s.User = &ports.Model{Name: "user", ID: ids, Unique: []ports.Key{{"email"}}, Fields: []ports.Field{
		field("id", ports.TypeString), field("name", ports.TypeString), field("email", ports.TypeString),
		field("emailVerified", ports.TypeBool), nullable("image", ports.TypeString),
		field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime),
	}}
	s.Session = &ports.Model{Name: "session", ID: ids, Unique: []ports.Key{{"token"}}, Index: []ports.Key{{"userId"}}, Expires: "expiresAt", Fields: []ports.Field{
		field("id", ports.TypeString), field("expiresAt", ports.TypeTime), field("token", ports.TypeString),
		field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime), nullable("ipAddress", ports.TypeString),
		nullable("userAgent", ports.TypeString), refers("userId", s.User),
	}}
	s.Account = &ports.Model{
		Name: "account", ID: ids, Unique: []ports.Key{{"providerId", "accountId"}}, Index: []ports.Key{{"userId"}},
		Fields: []ports.Field{
			field("id", ports.TypeString), field("accountId", ports.TypeString), field("providerId", ports.TypeString),
			refers("userId", s.User), nullable("accessToken", ports.TypeString), nullable("refreshToken", ports.TypeString),
			nullable("idToken", ports.TypeString), nullable("accessTokenExpiresAt", ports.TypeTime),
			nullable("refreshTokenExpiresAt", ports.TypeTime), nullable("scope", ports.TypeString),
			nullable("password", ports.TypeString), field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime),
		},
	}
	s.Verification = &ports.Model{Name: "verification", ID: ids, Index: []ports.Key{{"identifier"}}, Expires: "expiresAt", Fields: []ports.Field{
		field("id", ports.TypeString), field("identifier", ports.TypeString), field("value", ports.TypeString),
		field("expiresAt", ports.TypeTime), field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime),
	}}
	s.User.Dependents = []ports.Dependent{{Model: s.Session, Field: "userId"}, {Model: s.Account, Field: "userId"}}
	s.userShown = add(s.User, users)
	s.sessionShown = add(s.Session, sessions)
	s.All = []*ports.Model{s.User, s.Session, s.Account, s.Verification}
	for _, m := range s.All {
		if err := m.Check(); err != nil {
			return nil, fmt.Errorf("added fields: %w", err)
		}
	}
	return s, nil
}

// AddRateLimit adds the table in which limits count: key, how many, and when the last one was.
func (s *Schema) AddRateLimit() {
	s.RateLimit = &ports.Model{Name: "rateLimit", ID: s.User.ID, Unique: []ports.Key{{"key"}}, Fields: []ports.Field{
		field("id", ports.TypeString), field("key", ports.TypeString), field("count", ports.TypeInt), field("lastRequest", ports.TypeInt),
	}}
	s.All = append(s.All, s.RateLimit)
}

func add(m *ports.Model, fields []Added) []ports.ExtraField {
	var shown []ports.ExtraField
	for _, f := range fields {
		m.Fields = append(m.Fields, ports.Field{Name: f.Name, Column: f.Column, Type: f.Type, Null: !f.Required, Default: f.Default})
		if f.Unique {
			m.Unique = append(m.Unique, ports.Key{f.Name})
		}
		shown = append(shown, ports.ExtraField{Name: f.Name, Hidden: f.Hidden})
	}
	return shown
}

// Rename gives a table its own name and columns theirs; "" keeps the table's.
func (s *Schema) Rename(table, to string, columns map[string]string) error {
	i := slices.IndexFunc(s.All, func(m *ports.Model) bool { return m.Name == table })
	if i < 0 {
		return fmt.Errorf("no feature declares a table %q", table)
	}
	m := s.All[i]
	m.Table = to
	for name, column := range columns {
		at := m.Field(name)
		if at < 0 {
			return fmt.Errorf("table %q has no field %q", table, name)
		}
		m.Fields[at].Column = column
	}
	return m.Check()
}

// NewUser returns the added fields of a user, with their values in the order in which the fields were given to New.
func (s *Schema) NewUser(values []ports.Value) ports.Extra {
	return ports.NewExtra(s.userShown, values)
}

// NewSession returns the added fields of a session, likewise.
func (s *Schema) NewSession(values []ports.Value) ports.Extra {
	return ports.NewExtra(s.sessionShown, values)
}

// UserOf returns the user in a record of User.
func (s *Schema) UserOf(r ports.Record) ports.User {
	u := ports.User{
		ID: r[userID].AsString(), Name: r[userName].AsString(), Email: r[userEmail].AsString(),
		EmailVerified: r[userEmailVerified].AsBool(), CreatedAt: r[userCreatedAt].AsTime(), UpdatedAt: r[userUpdatedAt].AsTime(),
		Extra: ports.NewExtra(s.userShown, r[UserFields:]),
	}
	if v := r[userImage]; !v.IsNull() {
		image := v.AsString()
		u.Image = &image
	}
	return u
}

// UserRecord returns the record of a user.
func (s *Schema) UserRecord(u *ports.User) ports.Record {
	image := ports.Value{}
	if u.Image != nil {
		image = ports.String(*u.Image)
	}
	return append(ports.Record{
		ports.Nullable(u.ID), ports.String(u.Name), ports.String(u.Email), ports.Bool(u.EmailVerified), image,
		ports.Time(u.CreatedAt), ports.Time(u.UpdatedAt),
	}, u.Values()...)
}

// SessionOf returns the session in a record of Session; its Token is the stored form.
func (s *Schema) SessionOf(r ports.Record) ports.Session {
	return ports.Session{
		ID: r[sessionID].AsString(), UserID: r[sessionUserID].AsString(), Token: r[SessionToken].AsString(),
		ExpiresAt: r[sessionExpiresAt].AsTime(), CreatedAt: r[sessionCreatedAt].AsTime(), UpdatedAt: r[sessionUpdatedAt].AsTime(),
		IPAddress: r[sessionIPAddress].AsString(), UserAgent: r[sessionUserAgent].AsString(),
		Extra: ports.NewExtra(s.sessionShown, r[SessionFields:]),
	}
}

// SessionRecord returns the record of a session.
func (s *Schema) SessionRecord(v *ports.Session) ports.Record {
	return append(ports.Record{
		ports.Nullable(v.ID), ports.Time(v.ExpiresAt), ports.String(v.Token), ports.Time(v.CreatedAt), ports.Time(v.UpdatedAt),
		ports.String(v.IPAddress), ports.String(v.UserAgent), ports.String(v.UserID),
	}, v.Values()...)
}

// AccountOf returns the account in a record of Account.
func AccountOf(r ports.Record) ports.Account {
	return ports.Account{
		ID: r[accountID].AsString(), AccountID: r[accountAccountID].AsString(), ProviderID: r[accountProviderID].AsString(),
		UserID: r[accountUserID].AsString(), AccessToken: r[accountAccessToken].AsString(), RefreshToken: r[accountRefreshToken].AsString(),
		IDToken: r[accountIDToken].AsString(), AccessTokenExpiresAt: r[accountAccessExpires].AsTime(),
		RefreshTokenExpiresAt: r[accountRefreshExpires].AsTime(), Scope: r[accountScope].AsString(),
		Password: r[accountPassword].AsString(), CreatedAt: r[accountCreatedAt].AsTime(), UpdatedAt: r[accountUpdatedAt].AsTime(),
	}
}

// AccountRecord returns the record of an account.
func AccountRecord(a *ports.Account) ports.Record {
	return ports.Record{
		ports.Nullable(a.ID), ports.String(a.AccountID), ports.String(a.ProviderID), ports.String(a.UserID), ports.Nullable(a.AccessToken),
		ports.Nullable(a.RefreshToken), ports.Nullable(a.IDToken), ports.NullableTime(a.AccessTokenExpiresAt),
		ports.NullableTime(a.RefreshTokenExpiresAt), ports.Nullable(a.Scope), ports.Nullable(a.Password),
		ports.Time(a.CreatedAt), ports.Time(a.UpdatedAt),
	}
}
