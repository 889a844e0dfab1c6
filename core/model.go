package kernia

import (
	"fmt"

	"github.com/kernia-go/kernia/ports"
)

// User, Session, Account and Event are the entities of package ports under their everyday names.
type (
	// User is one person or machine that can sign in.
	User = ports.User
	// Session is one signed-in client of a user.
	Session = ports.Session
	// Account is one way a user signs in.
	Account = ports.Account
	// Event is one entry of the audit trail.
	Event = ports.Event
)

// A Naming gives a table of the application's database its own name, and columns theirs. Keys of Columns are
// field names as in JSON.
type Naming struct {
	Table   string
	Columns map[string]string
}

// Positions in the records of the core's own models; added fields follow.
const (
	userID = iota
	userName
	userEmail
	userEmailVerified
	userImage
	userCreatedAt
	userUpdatedAt
	userFields
)

const (
	sessionID = iota
	sessionExpiresAt
	sessionToken
	sessionCreatedAt
	sessionUpdatedAt
	sessionIPAddress
	sessionUserAgent
	sessionUserID
	sessionFields
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
	accountFields
)

// schema is every model of one Auth, and how users and sessions show their added fields.
type schema struct {
	user, session, account, verification *ports.Model

	rateLimit     *ports.Model // nil unless limits count in the store
	all           []*ports.Model
	userExtras    []extraField
	sessionExtras []extraField
	userShown     []ports.ExtraField
	sessionShown  []ports.ExtraField
}

func field(name string, t ports.Type) ports.Field { return ports.Field{Name: name, Type: t} }
func nullable(name string, t ports.Type) ports.Field {
	return ports.Field{Name: name, Type: t, Null: true}
}

func refers(name string, to *ports.Model) ports.Field {
	return ports.Field{Name: name, Type: ports.TypeString, References: to}
}

func newSchema(ids ports.IDKind, userExtras, sessionExtras []extraField) (*schema, error) {
	s := &schema{userExtras: userExtras, sessionExtras: sessionExtras}
	s.user = &ports.Model{Name: "user", ID: ids, Unique: []ports.Key{{"email"}}, Fields: []ports.Field{
		field("id", ports.TypeString), field("name", ports.TypeString), field("email", ports.TypeString),
		field("emailVerified", ports.TypeBool), nullable("image", ports.TypeString),
		field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime),
	}}
	s.session = &ports.Model{Name: "session", ID: ids, Unique: []ports.Key{{"token"}}, Index: []ports.Key{{"userId"}}, Expires: "expiresAt", Fields: []ports.Field{
		field("id", ports.TypeString), field("expiresAt", ports.TypeTime), field("token", ports.TypeString),
		field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime), nullable("ipAddress", ports.TypeString),
		nullable("userAgent", ports.TypeString), refers("userId", s.user),
	}}
	s.account = &ports.Model{
		Name: "account", ID: ids, Unique: []ports.Key{{"providerId", "accountId"}}, Index: []ports.Key{{"userId"}},
		Fields: []ports.Field{
			field("id", ports.TypeString), field("accountId", ports.TypeString), field("providerId", ports.TypeString),
			refers("userId", s.user), nullable("accessToken", ports.TypeString), nullable("refreshToken", ports.TypeString),
			nullable("idToken", ports.TypeString), nullable("accessTokenExpiresAt", ports.TypeTime),
			nullable("refreshTokenExpiresAt", ports.TypeTime), nullable("scope", ports.TypeString),
			nullable("password", ports.TypeString), field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime),
		},
	}
	s.verification = &ports.Model{Name: "verification", ID: ids, Index: []ports.Key{{"identifier"}}, Expires: "expiresAt", Fields: []ports.Field{
		field("id", ports.TypeString), field("identifier", ports.TypeString), field("value", ports.TypeString),
		field("expiresAt", ports.TypeTime), field("createdAt", ports.TypeTime), field("updatedAt", ports.TypeTime),
	}}
	s.user.Dependents = []ports.Dependent{{Model: s.session, Field: "userId"}, {Model: s.account, Field: "userId"}}
	s.userShown = addExtras(s.user, userExtras)
	s.sessionShown = addExtras(s.session, sessionExtras)
	s.all = []*ports.Model{s.user, s.session, s.account, s.verification}
	for _, m := range s.all {
		if err := m.Check(); err != nil {
			return nil, fmt.Errorf("kernia: added fields: %w", err)
		}
	}
	return s, nil
}

// addRateLimit adds the table in which limits count: key, how many, and when the last one was.
func (s *schema) addRateLimit() {
	s.rateLimit = &ports.Model{Name: "rateLimit", ID: s.user.ID, Unique: []ports.Key{{"key"}}, Fields: []ports.Field{
		field("id", ports.TypeString), field("key", ports.TypeString), field("count", ports.TypeInt), field("lastRequest", ports.TypeInt),
	}}
	s.all = append(s.all, s.rateLimit)
}

func addExtras(m *ports.Model, extras []extraField) []ports.ExtraField {
	var shown []ports.ExtraField
	for _, e := range extras {
		m.Fields = append(m.Fields, ports.Field{Name: e.name, Column: e.column, Type: e.kind, Null: !e.required, Default: e.fallback})
		if e.unique {
			m.Unique = append(m.Unique, ports.Key{e.name})
		}
		shown = append(shown, ports.ExtraField{Name: e.name, Hidden: e.hidden})
	}
	return shown
}

// name applies the application's own names for tables and columns.
func (s *schema) name(names map[string]Naming) error {
	for table, n := range names {
		var m *ports.Model
		for _, candidate := range s.all {
			if candidate.Name == table {
				m = candidate
			}
		}
		if m == nil {
			return badSetting("Tables", "no feature declares a table %q", table)
		}
		m.Table = n.Table
		for name, column := range n.Columns {
			i := m.Field(name)
			if i < 0 {
				return badSetting("Tables", "table %q has no field %q", table, name)
			}
			m.Fields[i].Column = column
		}
	}
	for _, m := range s.all {
		if err := m.Check(); err != nil {
			return badSetting("Tables", "%w", err)
		}
	}
	return nil
}

func (s *schema) userOf(r ports.Record) User {
	u := User{
		ID: r[userID].AsString(), Name: r[userName].AsString(), Email: r[userEmail].AsString(),
		EmailVerified: r[userEmailVerified].AsBool(), CreatedAt: r[userCreatedAt].AsTime(), UpdatedAt: r[userUpdatedAt].AsTime(),
		Extra: ports.NewExtra(s.userShown, r[userFields:]),
	}
	if v := r[userImage]; !v.IsNull() {
		image := v.AsString()
		u.Image = &image
	}
	return u
}

func (s *schema) userRecord(u *User) ports.Record {
	return append(ports.Record{
		idValue(u.ID), ports.String(u.Name), ports.String(u.Email), ports.Bool(u.EmailVerified), fromPointer(u.Image),
		ports.Time(u.CreatedAt), ports.Time(u.UpdatedAt),
	}, u.Values()...)
}

func (s *schema) sessionOf(r ports.Record) Session {
	return Session{
		ID: r[sessionID].AsString(), UserID: r[sessionUserID].AsString(), Token: r[sessionToken].AsString(),
		ExpiresAt: r[sessionExpiresAt].AsTime(), CreatedAt: r[sessionCreatedAt].AsTime(), UpdatedAt: r[sessionUpdatedAt].AsTime(),
		IPAddress: r[sessionIPAddress].AsString(), UserAgent: r[sessionUserAgent].AsString(),
		Extra: ports.NewExtra(s.sessionShown, r[sessionFields:]),
	}
}

func (s *schema) sessionRecord(v *Session) ports.Record {
	return append(ports.Record{
		idValue(v.ID), ports.Time(v.ExpiresAt), ports.String(v.Token), ports.Time(v.CreatedAt), ports.Time(v.UpdatedAt),
		ports.String(v.IPAddress), ports.String(v.UserAgent), ports.String(v.UserID),
	}, v.Values()...)
}

func accountOf(r ports.Record) Account {
	return Account{
		ID: r[accountID].AsString(), AccountID: r[accountAccountID].AsString(), ProviderID: r[accountProviderID].AsString(),
		UserID: r[accountUserID].AsString(), AccessToken: r[accountAccessToken].AsString(), RefreshToken: r[accountRefreshToken].AsString(),
		IDToken: r[accountIDToken].AsString(), AccessTokenExpiresAt: r[accountAccessExpires].AsTime(),
		RefreshTokenExpiresAt: r[accountRefreshExpires].AsTime(), Scope: r[accountScope].AsString(),
		Password: r[accountPassword].AsString(), CreatedAt: r[accountCreatedAt].AsTime(), UpdatedAt: r[accountUpdatedAt].AsTime(),
	}
}

func accountRecord(a *Account) ports.Record {
	return ports.Record{
		idValue(a.ID), ports.String(a.AccountID), ports.String(a.ProviderID), ports.String(a.UserID), ports.Nullable(a.AccessToken),
		ports.Nullable(a.RefreshToken), ports.Nullable(a.IDToken), ports.NullableTime(a.AccessTokenExpiresAt),
		ports.NullableTime(a.RefreshTokenExpiresAt), ports.Nullable(a.Scope), ports.Nullable(a.Password),
		ports.Time(a.CreatedAt), ports.Time(a.UpdatedAt),
	}
}

// idValue is null for the id that the store is to make.
func idValue(id string) ports.Value { return ports.Nullable(id) }
