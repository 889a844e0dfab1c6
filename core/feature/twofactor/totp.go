package twofactor

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238: what authenticator apps know
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	kernia "github.com/kernia-go/kernia/core"
)

const secretLength = 32 // characters of an authenticator's secret, 6 bits each

// totp returns the code of one step, RFC 4226 section 5.3. The key is the secret's text, as Better Auth has it.
func totp(secret string, step int64, digits int) string {
	mac := hmac.New(sha1.New, []byte(secret))
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0xf:]) & 0x7fffffff
	mod := uint32(1)
	for range digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%mod)
}

// stepOf returns the step whose code it is: the present one, the one before or the one after.
func (t *feature) stepOf(secret, code string, now time.Time) (step int64, ok bool) {
	present := now.Unix() / int64(t.TOTP.Period/time.Second)
	for s := present - 1; s <= present+1; s++ {
		if subtle.ConstantTimeCompare([]byte(totp(secret, s, t.TOTP.Digits)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// uri is what an authenticator app scans.
func (t *feature) uri(issuer, account, secret string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "otpauth://totp/" + escape(issuer) + ":" + escape(account) +
		"?secret=" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(secret)) +
		"&issuer=" + url.QueryEscape(issuer) + "&digits=" + strconv.Itoa(t.TOTP.Digits) +
		"&period=" + strconv.Itoa(int(t.TOTP.Period/time.Second))
}

// TOTPURIOutput is what an authenticator app scans.
type TOTPURIOutput struct {
	TOTPURI string `json:"totpURI"`
}

// TOTPURI returns what the authenticator app of the user of kernia.As scanned, for another device. Errors: ErrPassword,
// ErrNoTOTP, kernia.ErrTooManyAttempts, kernia.ErrUnauthorized.
func TOTPURI(ctx context.Context, auth *kernia.Auth, password string) (string, error) {
	out, err := kernia.Invoke[TOTPURIOutput](ctx, auth, "POST /two-factor/get-totp-uri", PasswordInput{password})
	return out.TOTPURI, err
}

func (t *feature) totpURI(ctx context.Context, c *kernia.Call, in PasswordInput) (TOTPURIOutput, error) {
	p, err := c.ProvePassword(ctx, in.Password)
	if err != nil {
		return TOTPURIOutput{}, err
	}
	row, err := t.ofUser.One(ctx, p.User.ID)
	if err != nil {
		return TOTPURIOutput{}, err
	}
	if row == nil || row.Secret == "" || t.TOTP.Disabled {
		return TOTPURIOutput{}, ErrNoTOTP
	}
	secret, err := t.open(row.Secret)
	return TOTPURIOutput{TOTPURI: t.uri(t.Issuer, p.User.Email, secret)}, err
}

var errSealed = errors.New("twofactor: what the database holds was sealed with another secret")

func (t *feature) open(sealed string) (string, error) {
	text, ok := t.shared.Open(sealed)
	if !ok {
		return "", errSealed
	}
	return text, nil
}

// VerifyTOTP takes the code of an authenticator app: to sign in, or, from a caller who is signed in and has enabled the
// app, to show that it works. Errors: ErrCode, ErrNoTOTP, ErrChallenge, ErrTries, ErrLocked.
func VerifyTOTP(ctx context.Context, auth *kernia.Auth, in VerifyInput) (VerifyOutput, error) {
	return kernia.Invoke[VerifyOutput](ctx, auth, "POST /two-factor/verify-totp", in)
}

func (t *feature) verifyTOTP(ctx context.Context, c *kernia.Call, in VerifyInput) (VerifyOutput, error) {
	who, err := t.subject(ctx, c, in.Challenge)
	if err != nil {
		return VerifyOutput{}, err
	}
	out, err := t.verify(ctx, c, who, in.TrustDevice.Or(false), false, func(ctx context.Context, who subject) error {
		return t.checkTOTP(ctx, who, in.Code)
	})
	if err != nil || who.principal == nil {
		return out, err
	}
	p := who.principal
	row, err := t.ofUser.One(ctx, p.User.ID)
	if err != nil || row == nil || row.verified() && Enabled.Of(&p.User) {
		return out, err
	}
	changed, err := t.confirm.Do(ctx, row.ID, row.Secret, true)
	if err != nil {
		return VerifyOutput{}, err
	}
	if changed == nil {
		return VerifyOutput{}, ErrCode // another authenticator was enrolled meanwhile
	}
	out.User, out.Token, err = t.turn(ctx, c, p, true)
	return out, err
}

func (t *feature) checkTOTP(ctx context.Context, who subject, code string) error {
	row, err := t.ofUser.One(ctx, who.user.ID)
	if err != nil {
		return err
	}
	if row == nil || row.Secret == "" || t.TOTP.Disabled || who.challenged && !row.verified() {
		return ErrNoTOTP
	}
	return t.attempt(ctx, row, func() error {
		secret, err := t.open(row.Secret)
		if err != nil {
			return err
		}
		step, ok := t.stepOf(secret, code, t.now())
		if !ok {
			return ErrCode
		}
		// One code counts once: whoever saw it being typed cannot use it too.
		first, err := t.steps.Claim(ctx, row.ID+" "+strconv.FormatInt(step, 10))
		if err == nil && !first {
			err = ErrCode
		}
		return err
	})
}
