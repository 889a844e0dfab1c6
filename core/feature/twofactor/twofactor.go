// Package twofactor asks for a second factor after the password: a code of an authenticator app, a code that is sent
// to the user, or a backup code. Give its Feature to kernia.New; call its functions where there is no HTTP.
package twofactor

import (
	"context"
	"errors"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Enabled is the user's field that says whether sign-ins ask for a second factor.
var Enabled = kernia.Field[bool]{Name: "twoFactorEnabled", Default: kernia.Some(false)}

// A factor is what is kept of one user's second factor.
type factor struct {
	ID          string
	Secret      string     `kernia:"index"` // sealed; "" where the user has no authenticator
	BackupCodes string     // sealed
	UserID      string     `kernia:"ref=user,unique"`
	Verified    *bool      // false: the user has not shown yet that the authenticator works
	Failures    *int64     `json:"failedVerificationCount"`
	LockedUntil *time.Time // no code counts before
}

// verified reports whether the user has an authenticator that works.
func (f *factor) verified() bool {
	return f != nil && f.Secret != "" && (f.Verified == nil || *f.Verified)
}

// The errors of the feature.
var (
	ErrPassword     = kernia.ErrPassword
	ErrCode         = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_CODE", Message: "Invalid code"}
	ErrBackupCode   = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_BACKUP_CODE", Message: "Invalid backup code"}
	ErrChallenge    = &kernia.Error{Kind: kernia.Unauthenticated, Code: "INVALID_TWO_FACTOR_COOKIE", Message: "Invalid two factor cookie"}
	ErrTries        = &kernia.Error{Kind: kernia.Invalid, Code: "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", Message: "Too many attempts. Please request a new code."}
	ErrLocked       = &kernia.Error{Kind: kernia.TooMany, Code: "ACCOUNT_TEMPORARILY_LOCKED", Message: "Too many failed verification attempts. Your account is temporarily locked. Please try again later."}
	ErrCodeExpired  = &kernia.Error{Kind: kernia.Invalid, Code: "OTP_HAS_EXPIRED", Message: "OTP has expired"}
	ErrNoSender     = &kernia.Error{Kind: kernia.Invalid, Code: "OTP_NOT_CONFIGURED", Message: "OTP is not available"}
	ErrNoTOTP       = &kernia.Error{Kind: kernia.Invalid, Code: "TOTP_NOT_ENABLED", Message: "TOTP not enabled"}
	ErrHasTOTP      = &kernia.Error{Kind: kernia.Invalid, Code: "TOTP_ALREADY_ENABLED", Message: "TOTP is already enabled"}
	ErrTOTPOff      = &kernia.Error{Kind: kernia.Invalid, Code: "TOTP_NOT_CONFIGURED", Message: "TOTP is not available"}
	ErrNotEnabled   = &kernia.Error{Kind: kernia.Invalid, Code: "TWO_FACTOR_NOT_ENABLED", Message: "Two factor isn't enabled"}
	ErrNoBackupCode = &kernia.Error{Kind: kernia.Invalid, Code: "BACKUP_CODES_NOT_ENABLED", Message: "Backup codes aren't enabled"}
)

// Feature is the second factor. Its zero value is Better Auth's defaults: codes of 6 digits from an authenticator app,
// ten backup codes, a question after every password, and no codes by mail.
type Feature struct {
	Issuer     string // the name that authenticator apps show; "" means "Better Auth"
	TOTP       TOTP
	OTP        OTP
	Backup     Backup
	Lock       Lock
	SkipVerify bool          // an authenticator counts at once, before the user has shown that it works
	Challenge  time.Duration // how long a user has to give the code; 0 means 10 minutes
	Trust      time.Duration // how long a trusted browser is not asked again, since its last sign-in; 0 means 30 days

	// Page is the application's page that asks for the code. Where it is set, every way to sign in is challenged, not
	// passwords alone: a mailed link, an identity provider. Operations that redirect send the browser there.
	Page string
}

// TOTP are codes of an authenticator app, RFC 6238 with SHA-1.
type TOTP struct {
	Disabled bool
	Digits   int           // 6 to 8; 0 means 6
	Period   time.Duration // how long one code counts, at least a second; 0 means 30 seconds
}

// OTP are codes that are sent to the user.
type OTP struct {
	// Mail mails codes by kernia.Config.Mailer. Send, if set, sends them in its place, by SMS say. It runs behind the
	// answer; its error is logged and must not hold the code. With neither, no codes are sent.
	Mail     bool
	Send     func(ctx context.Context, u kernia.User, code string) error
	Digits   int           // 4 to 10; 0 means 6
	Period   time.Duration // how long a code counts; 0 means 3 minutes
	Attempts int           // how many wrong guesses a code bears; 0 means 5
}

// sends reports whether there is a way to send a code.
func (o *OTP) sends() bool { return o.Mail || o.Send != nil }

// Backup are the codes that a user keeps for the day when the device is lost. Each counts once.
type Backup struct {
	Amount int // 1 to 100; 0 means 10
	Length int // letters and digits of a code, 10 to 64; 0 means 10
}

// Lock is the wait after too many wrong codes, of whatever kind and in whatever challenge.
type Lock struct {
	Disabled bool
	Failures int           // how many wrong codes of one user in a row; 0 means 10
	Duration time.Duration // 0 means 15 minutes
}

const maxTries = 5 // wrong codes of one challenge

func (f *Feature) setDefaults() {
	or(&f.Issuer, "Better Auth")
	or(&f.TOTP.Digits, 6)
	or(&f.TOTP.Period, 30*time.Second)
	or(&f.OTP.Digits, 6)
	or(&f.OTP.Period, 3*time.Minute)
	or(&f.OTP.Attempts, 5)
	or(&f.Backup.Amount, 10)
	or(&f.Backup.Length, 10)
	or(&f.Lock.Failures, 10)
	or(&f.Lock.Duration, 15*time.Minute)
	or(&f.Challenge, 10*time.Minute)
	or(&f.Trust, 30*24*time.Hour)
}

func or[T comparable](setting *T, fallback T) {
	var zero T
	if *setting == zero {
		*setting = fallback
	}
}

func (f *Feature) check() error {
	switch {
	case f.TOTP.Digits < 6 || f.TOTP.Digits > 8 || f.TOTP.Period < time.Second || f.TOTP.Period > time.Hour || f.TOTP.Period%time.Second != 0:
		return errors.New("TOTP: needs 6 to 8 digits and a period of whole seconds up to an hour")
	case f.OTP.Digits < 4 || f.OTP.Digits > 10 || f.OTP.Period < time.Second || f.OTP.Attempts < 1:
		return errors.New("OTP: needs 4 to 10 digits, a period of a second or more and an attempt or more")
	case f.Backup.Amount < 1 || f.Backup.Amount > 100 || f.Backup.Length < 10 || f.Backup.Length > 64:
		return errors.New("Backup: needs 1 to 100 codes of 10 to 64 characters") //nolint:staticcheck // the field's name
	case f.Lock.Failures < 1 || f.Lock.Duration < time.Second:
		return errors.New("Lock: needs a failure or more and a second or more") //nolint:staticcheck // the field's name
	case f.Challenge < time.Second || f.Challenge > 24*time.Hour || f.Trust < time.Second || f.Trust > 400*24*time.Hour:
		return errors.New("Challenge and Trust: need a second or more, up to a day and 400 days")
	case f.TOTP.Disabled && !f.OTP.sends():
		return errors.New("TOTP is disabled and OTP has no Send: there is no second factor")
	}
	return nil
}

const (
	name      = "twofactor"
	viewCodes = "two-factor/view-backup-codes"
)

// feature is a Feature with its handles.
type feature struct {
	Feature
	auth  *kernia.Auth
	clock ports.Clock

	factors *kernia.Table[factor]
	ofUser  *kernia.Lookup[factor]
	enrol   *kernia.Step[factor] // id, secret: secret, backupCodes, verified
	confirm *kernia.Step[factor] // id, secret: verified
	recode  *kernia.Step[factor] // id, backupCodes: backupCodes
	first   *kernia.Step[factor] // id, no failures yet: failures, lockedUntil
	another *kernia.Step[factor] // id, failures: failures, lockedUntil

	shared     *kernia.Sealer
	challenges *kernia.OneTime[challenge]
	codes      *kernia.OneTime[sent]
	steps      *kernia.OneTime[string]
	trusted    *kernia.OneTime[trust]

	challengeCookie, trustCookie *kernia.Cookie
}

// Declare adds the table, the cookies, the step that diverts sign-ins and the operations.
func (f Feature) Declare(d *kernia.Declaration) {
	d.Name(name)
	f.setDefaults()
	if err := f.check(); err != nil {
		d.Fail(err)
		return
	}
	if f.OTP.Mail && f.OTP.Send == nil {
		d.NeedsMailer()
	}
	t := &feature{Feature: f, auth: d.Auth(), clock: d.Clock(), shared: d.SharedSealer()}
	d.UserField(Enabled)
	t.declareTable(d)
	t.challenges = kernia.OneTimeOf[challenge](d, "2fa", f.Challenge)
	t.codes = kernia.OneTimeOf[sent](d, "2fa-otp", f.OTP.Period).Sealed(d)
	t.steps = kernia.OneTimeOf[string](d, "2fa-totp-step", 3*f.TOTP.Period)
	t.trusted = kernia.OneTimeOf[trust](d, "trust-device", f.Trust)
	t.challengeCookie = d.Cookie("two_factor", kernia.CookieOptions{Form: kernia.CookieShared, MaxAge: f.Challenge})
	t.trustCookie = d.Cookie("trust_device", kernia.CookieOptions{Form: kernia.CookieShared, MaxAge: f.Trust})
	d.Interrupt(t.divert)
	t.declareOperations(d)
}

func (t *feature) declareTable(d *kernia.Declaration) {
	t.factors = kernia.TableOf[factor](d, "twoFactor")
	t.ofUser = t.factors.Where("userId")
	t.enrol = t.factors.Change("id", "secret").Set("secret", "backupCodes", "verified")
	t.confirm = t.factors.Change("id", "secret").Set("verified")
	t.recode = t.factors.Change("id", "backupCodes").Set("backupCodes")
	t.first = t.factors.Change("id", "failedVerificationCount is null").Set("failedVerificationCount", "lockedUntil")
	t.another = t.factors.Change("id", "failedVerificationCount").Set("failedVerificationCount", "lockedUntil")
}

func (t *feature) declareOperations(d *kernia.Declaration) {
	limit := kernia.Limit(3, 10*time.Second)
	proving := kernia.Errors(ErrPassword, kernia.ErrPasswordTooLong, kernia.ErrTooManyAttempts)
	verifying := kernia.Errors(ErrChallenge, ErrTries, ErrLocked)
	kernia.Post(d, "/two-factor/enable", t.enable, kernia.Live, limit, proving, kernia.Errors(ErrHasTOTP, ErrTOTPOff, ErrNoSender))
	kernia.Post(d, "/two-factor/disable", t.disable, kernia.Live, limit, proving)
	kernia.Post(d, "/two-factor/get-totp-uri", t.totpURI, kernia.Live, limit, proving, kernia.Errors(ErrNoTOTP))
	kernia.Post(d, "/two-factor/generate-backup-codes", t.newBackupCodes, kernia.Live, limit, proving, kernia.Errors(ErrNotEnabled))
	kernia.Post(d, "/two-factor/send-otp", t.sendOTP, kernia.OptionalBody(), limit, kernia.Errors(ErrNoSender, ErrChallenge))
	kernia.Post(d, "/two-factor/verify-totp", t.verifyTOTP, limit, verifying, kernia.Errors(ErrCode, ErrNoTOTP))
	kernia.Post(d, "/two-factor/verify-otp", t.verifyOTP, limit, verifying, kernia.Errors(ErrCode, ErrCodeExpired))
	kernia.Post(d, "/two-factor/verify-backup-code", t.verifyBackupCode, limit, verifying, kernia.Errors(ErrBackupCode))
	kernia.Func(d, viewCodes, t.viewBackupCodes, kernia.Errors(ErrNoBackupCode))
}

// now is the present.
func (t *feature) now() time.Time { return t.clock.Now() }
