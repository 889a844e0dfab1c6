// Package cookiecache puts a session into a cookie and takes it out again, in the three forms that Better Auth knows.
// What it puts in is a JSON object; it does not look into it.
package cookiecache

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Form is how a session is protected in the cookie.
type Form uint8

// The forms.
const (
	Compact Form = iota // signed, in Better Auth's own form
	JWT                 // signed: a JSON Web Token under HS256
	JWE                 // encrypted: a JSON Web Encryption under A256CBC-HS512
)

// Max is the most bytes that a cookie, parts put together, may have.
const Max = 128 << 10

// A Codec puts objects in and takes them out. It is safe for concurrent use.
type Codec struct {
	form    Form
	secrets [][]byte
	sealed  []jose.JSONWebKey // of the secrets, for JWE
}

// New returns a Codec. The first secret protects; all open.
func New(form Form, secrets ...[]byte) (*Codec, error) {
	c := &Codec{form: form, secrets: secrets}
	for _, s := range secrets {
		key, err := hkdf.Key(sha256.New, s, []byte("better-auth-session"), "BetterAuth.js Generated Encryption Key", 64)
		if err != nil {
			return nil, err
		}
		// RFC 7638, section 3.3: a symmetric key has a thumbprint too.
		sum := sha256.Sum256([]byte(`{"k":"` + base64.RawURLEncoding.EncodeToString(key) + `","kty":"oct"}`))
		c.sealed = append(c.sealed, jose.JSONWebKey{Key: key, KeyID: base64.RawURLEncoding.EncodeToString(sum[:])})
	}
	return c, nil
}

// Current returns a Codec of the first secret alone.
func (c *Codec) Current() *Codec { return &Codec{c.form, c.secrets[:1], c.sealed[:1]} }

// Seal returns the cookie's value for an object that is true until expires.
func (c *Codec) Seal(object []byte, now, expires time.Time) (string, error) {
	switch c.form {
	case JWT:
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: c.secrets[0]}, nil)
		if err != nil {
			return "", err
		}
		signed, err := signer.Sign(with(object, "iat", now.Unix(), "exp", expires.Unix()))
		if err != nil {
			return "", err
		}
		return signed.CompactSerialize()
	case JWE:
		return c.encrypt(with(object, "iat", now.Unix(), "exp", expires.Unix()))
	}
	end := expires.UnixMilli()
	out := append([]byte(`{"session":`), object...)
	out = append(strconv.AppendInt(append(out, `,"expiresAt":`...), end, 10), `,"signature":"`...)
	out = append(append(out, c.mac(c.secrets[0], object, end)...), `"}`...)
	return base64.RawURLEncoding.EncodeToString(out), nil
}

// with returns the object with two further members.
func with(object []byte, name string, value int64, name2 string, value2 int64) []byte {
	out := append([]byte(nil), object[:len(object)-1]...)
	out = strconv.AppendInt(append(out, `,"`+name+`":`...), value, 10)
	out = strconv.AppendInt(append(out, `,"`+name2+`":`...), value2, 10)
	return append(out, '}')
}

// mac is the signature of the compact form: of the object with its end as the last member.
func (c *Codec) mac(secret, object []byte, end int64) string {
	h := hmac.New(sha256.New, secret)
	h.Write(object[:len(object)-1])
	h.Write(append(strconv.AppendInt([]byte(`,"expiresAt":`), end, 10), '}'))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (c *Codec) encrypt(payload []byte) (string, error) {
	to := jose.Recipient{Algorithm: jose.DIRECT, Key: c.sealed[0].Key, KeyID: c.sealed[0].KeyID}
	e, err := jose.NewEncrypter(jose.A256CBC_HS512, to, nil)
	if err != nil {
		return "", err
	}
	sealed, err := e.Encrypt(payload)
	if err != nil {
		return "", err
	}
	return sealed.CompactSerialize()
}

// Open returns the object in a cookie's value, with the members that the form added; ok is false for one that has
// expired, and for everything that Seal, or Better Auth with one of the secrets, did not write in this form.
func (c *Codec) Open(text string, now time.Time) (object []byte, ok bool) {
	if len(text) > Max {
		return nil, false
	}
	var err error
	switch c.form {
	case JWT:
		object, err = c.verify(text)
	case JWE:
		object, err = c.decrypt(text)
	default:
		return c.compact(text, now)
	}
	if err != nil {
		return nil, false
	}
	var times struct {
		Exp *int64 `json:"exp"`
	}
	if json.Unmarshal(object, &times) != nil || times.Exp == nil || !now.Before(time.Unix(*times.Exp, 0)) {
		return nil, false
	}
	return object, true
}

func (c *Codec) compact(text string, now time.Time) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, false
	}
	var outer struct {
		Session   json.RawMessage `json:"session"`
		ExpiresAt int64           `json:"expiresAt"`
		Signature string          `json:"signature"`
	}
	if json.Unmarshal(raw, &outer) != nil || len(outer.Session) < 2 || outer.Session[0] != '{' {
		return nil, false
	}
	for _, secret := range c.secrets {
		if hmac.Equal([]byte(c.mac(secret, outer.Session, outer.ExpiresAt)), []byte(outer.Signature)) {
			return outer.Session, now.Before(time.UnixMilli(outer.ExpiresAt))
		}
	}
	return nil, false
}

var errInvalid = errors.New("cookiecache: invalid")

func (c *Codec) verify(text string) ([]byte, error) {
	parsed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return nil, err
	}
	for _, secret := range c.secrets {
		if payload, err := parsed.Verify(secret); err == nil {
			return payload, nil
		}
	}
	return nil, errInvalid
}

func (c *Codec) decrypt(text string) ([]byte, error) {
	parsed, err := jose.ParseEncryptedCompact(text, []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256CBC_HS512})
	if err != nil || parsed.Header.ExtraHeaders["zip"] != nil {
		return nil, errors.Join(errInvalid, err)
	}
	for _, key := range c.sealed {
		if payload, err := parsed.Decrypt(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errInvalid
}
