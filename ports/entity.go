package ports

import (
	"log/slog"
	"time"
)

// A User is one person or machine that can sign in. Values of fields that an application or a feature added are
// in Extra.
type User struct {
	ID            string
	Name          string
	Email         string // lower case
	EmailVerified bool
	Image         *string // nil: none
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Extra
}

// A Session is one signed-in client of a user. Token authenticates and is a secret wherever it is the token itself;
// where it is the stored form (sha256: and a hash), it is a handle that revokes the session and never authenticates.
type Session struct {
	ID        string
	UserID    string
	Token     string
	ExpiresAt time.Time // from this instant on the session is over
	CreatedAt time.Time
	UpdatedAt time.Time
	IPAddress string // "" where unknown
	UserAgent string // "" where unknown
	Extra
}

// LogValue keeps the token out of logs.
func (s Session) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", s.ID), slog.String("user_id", s.UserID))
}

// An Account is one way a user signs in: a password (ProviderID "credential", AccountID the user's id) or an
// identity at a provider. An empty string or zero time is kept as null.
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

// LogValue keeps tokens and password hash out of logs.
func (a Account) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", a.ID), slog.String("user_id", a.UserID), slog.String("provider_id", a.ProviderID))
}
