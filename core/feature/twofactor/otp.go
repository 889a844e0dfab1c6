package twofactor

import (
	"context"
	"crypto/subtle"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// sent is a code that was sent to the user.
type sent struct {
	Code  string `json:"code"`
	Tries int    `json:"tries"` // wrong guesses
}

// SendInput says for whom a code is sent.
type SendInput struct {
	TrustDevice kernia.Optional[bool] `json:"trustDevice"` // clients may send it; it counts where the code is verified

	Challenge string `json:"-"` // without cookies: that of the [Answer]
}

// SendOTP sends a code to the user who signs in, or to the user of kernia.As. Errors: ErrNoSender, ErrChallenge.
func SendOTP(ctx context.Context, auth *kernia.Auth, in SendInput) error {
	_, err := kernia.Invoke[kernia.Status](ctx, auth, "POST /two-factor/send-otp", in)
	return err
}

func (t *feature) sendOTP(ctx context.Context, c *kernia.Call, in SendInput) (kernia.Status, error) {
	if !t.OTP.sends() {
		return kernia.Status{}, ErrNoSender
	}
	who, err := t.subject(ctx, c, in.Challenge)
	if err != nil {
		return kernia.Status{}, err
	}
	code, err := t.auth.RandomText(kernia.Digits, t.OTP.Digits)
	if err != nil {
		return kernia.Status{}, err
	}
	if err := t.codes.Put(ctx, who.key, sent{Code: code}); err != nil {
		return kernia.Status{}, err
	}
	if t.OTP.Send == nil {
		c.Mail(ctx, kernia.Mail{Kind: ports.MailCode, To: who.user.Email, User: who.user, Code: code, Purpose: "two-factor", Lifetime: t.OTP.Period})
		return kernia.Status{Status: true}, nil
	}
	t.auth.Enqueue(ctx, "two-factor code", func(ctx context.Context) error { return t.OTP.Send(ctx, who.user, code) })
	return kernia.Status{Status: true}, nil
}

// VerifyOTP takes the code that SendOTP sent. Errors: ErrCode, ErrCodeExpired, ErrChallenge, ErrTries, ErrLocked.
func VerifyOTP(ctx context.Context, auth *kernia.Auth, in VerifyInput) (VerifyOutput, error) {
	return kernia.Invoke[VerifyOutput](ctx, auth, "POST /two-factor/verify-otp", in)
}

func (t *feature) verifyOTP(ctx context.Context, c *kernia.Call, in VerifyInput) (VerifyOutput, error) {
	who, err := t.subject(ctx, c, in.Challenge)
	if err != nil {
		return VerifyOutput{}, err
	}
	return t.verify(ctx, c, who, in.TrustDevice.Or(false), false, func(ctx context.Context, who subject) error {
		return t.checkOTP(ctx, who, in.Code)
	})
}

func (t *feature) checkOTP(ctx context.Context, who subject, code string) error {
	row, err := t.row(ctx, who.user.ID)
	if err != nil {
		return err
	}
	found, err := t.codes.Try(ctx, who.key, func(s *sent) (bool, error) {
		if s.Tries >= t.OTP.Attempts {
			return false, ErrTries
		}
		err := t.attempt(ctx, row, func() error {
			if subtle.ConstantTimeCompare([]byte(s.Code), []byte(code)) != 1 {
				s.Tries++
				return ErrCode
			}
			return nil
		})
		return err != nil, err
	})
	if err == nil && !found {
		return ErrCodeExpired
	}
	return err
}
