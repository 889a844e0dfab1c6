package kernia

import (
	"time"

	"github.com/kernia-go/kernia/core/internal/jwt"
)

// Why [JWT.Open] does not accept a token.
var (
	ErrTokenInvalid = jwt.ErrInvalid
	ErrTokenExpired = jwt.ErrExpired
)

// A JWT signs claims that leave the server and come back, such as those of a mailed link. Its tokens are JSON Web Tokens
// (RFC 7519) under HS256 with Config.Secret, as Better Auth makes them, so every holder of a token can read its claims.
// One key serves all purposes: claims must say what they are for, and Open's caller must check it. [Declaration.JWT]
// makes one. It is safe for concurrent use.
type JWT struct{ auth *Auth }

// JWT returns the signer of the Auth.
func (d *Declaration) JWT() *JWT { return &JWT{d.auth} }

// Sign returns claims, a struct, as a token that is valid for the given time.
func (j *JWT) Sign(claims any, life time.Duration) (string, error) {
	return jwt.Sign(j.auth.keys.Current(), claims, j.auth.now(), life)
}

// Open verifies a token and decodes its claims. A token of an old secret opens until
// Config.OldSecretsUntil. Errors: ErrTokenExpired, ErrTokenInvalid for everything else.
func (j *JWT) Open(token string, claims any) error {
	return jwt.Open(j.auth.presented(j.auth.keys.All()), token, j.auth.now(), claims)
}
