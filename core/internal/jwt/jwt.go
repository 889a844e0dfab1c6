// Package jwt signs and verifies JSON Web Tokens (RFC 7519) with HMAC-SHA256, and no other algorithm.
package jwt

import (
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// MaxToken is the most bytes a token may have.
const MaxToken = 8 << 10

// Why a token is not accepted.
var (
	ErrInvalid = errors.New("jwt: invalid token")
	ErrExpired = errors.New("jwt: expired token")
)

// Sign returns claims as a token that is valid from now on for the given time, by its claims iat and exp.
func Sign(key []byte, claims any, now time.Time, life time.Duration) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: key}, nil)
	if err != nil {
		return "", err
	}
	times := jwt.Claims{IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(life))}
	return jwt.Signed(signer).Claims(claims).Claims(times).Serialize()
}

// Open verifies a token with one of the keys and decodes its claims. A token without exp is invalid.
func Open(keys [][]byte, token string, now time.Time, claims any) error {
	if len(token) > MaxToken {
		return ErrInvalid
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return ErrInvalid
	}
	for _, key := range keys {
		var times jwt.Claims
		if err := parsed.Claims(key, &times); err != nil {
			continue
		}
		switch err := parsed.Claims(key, claims); {
		case err != nil || times.Expiry == nil:
			return ErrInvalid
		case !now.Before(times.Expiry.Time()):
			return ErrExpired
		}
		return nil
	}
	return ErrInvalid
}
