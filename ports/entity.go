package ports

import (
	"log/slog"
	"time"
)

// A User is one person or machine that can sign in. Extra has the values of fields that an application or a feature
// added.
type User struct {
	ID            string
	Name          string
	Email         string // lower case
	EmailVerified bool
	Image         *string // nil for none
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Extra
}

// A Session is one signed-in client of a user. Token is either the token itself, which is a secret and authenticates, or
// its stored form ("sha256:" and a hash), which only revokes the session and never authenticates.
type Session struct {
	ID        string
	UserID    string
	Token     string
	ExpiresAt time.Time // from this instant on, the session has expired
	CreatedAt time.Time
	UpdatedAt time.Time
	IPAddress string // "" if unknown
	UserAgent string // "" if unknown
	Extra
}

// LogValue keeps the token out of logs.
func (s Session) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", s.ID), slog.String("user_id", s.UserID))
}

// An Account is one way in which a user signs in: by a password (ProviderID is "credential" and AccountID the user's id)
// or by an identity at a provider. Empty strings and zero times are stored as null.
type Account struct {
	ID                    string
	UserID                string
	ProviderID            string
	AccountID             string
	AccessToken           string
	RefreshToken          string
	IDToken               string
	AccessTokenExpiresAt  time.Time
	RefreshTokenExpiresAt time.Time
	Scope                 string // comma-joined
	Password              string // a hash
	CreatedAt             time.Time
	UpdatedAt             time.Time
}

// LogValue keeps tokens and the password hash out of logs.
func (a Account) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", a.ID), slog.String("user_id", a.UserID), slog.String("provider_id", a.ProviderID))
}
