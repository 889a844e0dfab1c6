package kernia

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/kernia-go/kernia/core/internal/output"
	"github.com/kernia-go/kernia/ports"
)

// Kind classifies an [Error] for every transport: act upon it, not on the message. The zero Kind is [Internal].
type Kind uint8

// The kinds of errors, each with its one HTTP status.
const (
	Internal         Kind = iota // 500: a defect or an unexpected failure of ours
	Invalid                      // 400: the input is wrong
	Unauthenticated              // 401: nobody is signed in, or the credentials are wrong
	Denied                       // 403: known, and not allowed
	NotFound                     // 404: no such thing
	MethodNotAllowed             // 405: not by this method
	Conflicting                  // 409: contradicts what is stored
	TooLarge                     // 413: the body is over the limit
	Unsupported                  // 415: the body's media type is not accepted
	Expectation                  // 417: a linking step failed
	Unprocessable                // 422: well-formed, and still impossible
	TooMany                      // 429: over a limit; try again later
	NotImplemented               // 501: the application did not configure it
	Unavailable                  // 503: a store or another dependency does not answer
)

var kindStatus = [...]int{500, 400, 401, 403, 404, 405, 409, 413, 415, 417, 422, 429, 501, 503}

// Status returns the HTTP status of the kind.
func (k Kind) Status() int {
	if int(k) < len(kindStatus) {
		return kindStatus[k]
	}
	return 500
}

// An Error is what an operation answers when it fails. Code and Message go over the wire and are constants:
// they never carry input or a cause. Compare with errors.Is against the package variables; a copy made by
// [Error.Because] still matches.
type Error struct {
	Kind    Kind
	Code    string // "" for the few answers that have none
	Message string // for the end user; "" with an empty Code means an empty body
	Form    ErrorForm

	members []errorMember
	wait    time.Duration
	cause   error
}

// ErrorForm is the form of an error's body. The zero ErrorForm is {"message", "code"}.
type ErrorForm uint8

// The forms of error bodies.
const (
	MessageCode ErrorForm = iota // {"message": Message, "code": Code}
	OAuthError                   // {"error": Code, "error_description": Message}, RFC 6749 section 5.2
)

type errorMember struct {
	name  string
	value any
}

// With returns a copy of e whose body has a further member; value is encoded as JSON and must hold no input. The copy
// still matches e in errors.Is.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.members = append(slices.Clone(e.members), errorMember{name, value})
	return &c
}

// After returns a copy of e that says how long to wait before another try. The headers Retry-After and X-Retry-After tell
// HTTP clients, in whole seconds. The copy still matches e in errors.Is.
func (e *Error) After(wait time.Duration) *Error {
	c := *e
	c.wait = wait
	return &c
}

// RetryAfter returns how long to wait before another try; 0 where the error does not say.
func (e *Error) RetryAfter() time.Duration { return e.wait }

// body returns the JSON that clients get; nil for an empty body.
func (e *Error) body() []byte {
	if e.Code == "" && e.Message == "" && len(e.members) == 0 {
		return nil
	}
	message, code := "message", "code"
	if e.Form == OAuthError {
		message, code = "error_description", "error"
	}
	b := []byte{'{'}
	member := func(name string) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(ports.AppendString(b, name), ':')
	}
	if e.Form == OAuthError {
		member(code)
		b = ports.AppendString(b, e.Code)
	}
	if e.Form != OAuthError || e.Message != "" {
		member(message)
		b = ports.AppendString(b, e.Message)
	}
	if e.Form != OAuthError && e.Code != "" {
		member(code)
		b = ports.AppendString(b, e.Code)
	}
	for _, m := range e.members {
		if text, err := output.JSON(m.value); err == nil {
			member(m.name)
			b = append(b, text...)
		}
	}
	return append(b, '}')
}

// Error returns the message and the cause, for logs.
func (e *Error) Error() string {
	s := e.Message
	if e.Code != "" {
		s = e.Code + ": " + s
	}
	if s == "" {
		s = "status " + strconv.Itoa(e.Kind.Status())
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the same error: one with the same code and message, whatever the cause and, where there
// is a code, the kind.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == e.Message && (e.Code != "" || t.Kind == e.Kind)
}

// WithKind returns a copy of e of another kind, for a route that answers it with another status. The copy still matches
// e in errors.Is.
func (e *Error) WithKind(kind Kind) *Error {
	c := *e
	c.Kind = kind
	return &c
}

// Because returns a copy of e that carries cause for the log; the cause never reaches a client.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// The errors of the core. Features add their own; every operation declares which it may answer.
var (
	ErrUnauthorized     = &Error{Kind: Unauthenticated, Code: "UNAUTHORIZED", Message: "Unauthorized"}
	ErrNotFresh         = &Error{Kind: Denied, Code: "SESSION_NOT_FRESH", Message: "Session is not fresh"}
	ErrValidation       = &Error{Kind: Invalid, Code: "VALIDATION_ERROR", Message: "Invalid input"}
	ErrMalformed        = &Error{Kind: Invalid, Code: "BAD_REQUEST", Message: "Invalid JSON in request body"}
	ErrBodyLost         = &Error{Kind: Invalid, Code: "BODY_INCOMPLETE", Message: "The request body is incomplete or was read by an earlier handler"}
	ErrBodyTooLarge     = &Error{Kind: TooLarge, Code: "PAYLOAD_TOO_LARGE", Message: "Request body is too large"}
	ErrMediaType        = &Error{Kind: Unsupported, Code: "UNSUPPORTED_MEDIA_TYPE", Message: "Content-Type is not allowed"}
	ErrOrigin           = &Error{Kind: Denied, Code: "INVALID_ORIGIN", Message: "Invalid origin"}
	ErrNoOrigin         = &Error{Kind: Denied, Code: "MISSING_OR_NULL_ORIGIN", Message: "Missing or null Origin"}
	ErrCrossSite        = &Error{Kind: Denied, Code: "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED", Message: "Cross-site navigation login blocked. This request appears to be a CSRF attack."}
	ErrCallbackURL      = &Error{Kind: Denied, Code: "INVALID_CALLBACK_URL", Message: "Invalid callbackURL"}
	ErrRedirectURL      = &Error{Kind: Denied, Code: "INVALID_REDIRECT_URL", Message: "Invalid redirectURL"}
	ErrErrorURL         = &Error{Kind: Denied, Code: "INVALID_ERROR_CALLBACK_URL", Message: "Invalid errorCallbackURL"}
	ErrNewUserURL       = &Error{Kind: Denied, Code: "INVALID_NEW_USER_CALLBACK_URL", Message: "Invalid newUserCallbackURL"}
	ErrPostSession      = &Error{Kind: MethodNotAllowed, Code: "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED", Message: "POST method requires deferSessionRefresh to be enabled in session config"}
	ErrNoFields         = &Error{Kind: Invalid, Message: "No fields to update"}
	ErrEmailUpdate      = &Error{Kind: Invalid, Code: "EMAIL_CAN_NOT_BE_UPDATED", Message: "Email can not be updated"}
	ErrCreateUser       = &Error{Kind: Unprocessable, Code: "FAILED_TO_CREATE_USER", Message: "Failed to create user"}
	ErrUserUnfinished   = &Error{Kind: Unprocessable, Code: "USER_CREATION_UNFINISHED", Message: "The user was created, but a later step failed. Sign in with the same password."}
	ErrUpdateUser       = &Error{Kind: Unprocessable, Code: "FAILED_TO_UPDATE_USER", Message: "Failed to update user"}
	ErrDeleteUser       = &Error{Kind: Unprocessable, Code: "FAILED_TO_DELETE_USER", Message: "Failed to delete user"}
	ErrCreateSession    = &Error{Kind: Unprocessable, Code: "FAILED_TO_CREATE_SESSION", Message: "Failed to create session"}
	ErrDeleteSession    = &Error{Kind: Unprocessable, Code: "FAILED_TO_DELETE_SESSION", Message: "Failed to delete session"}
	ErrCreateAccount    = &Error{Kind: Unprocessable, Code: "FAILED_TO_CREATE_ACCOUNT", Message: "Failed to create account"}
	ErrUpdateAccount    = &Error{Kind: Unprocessable, Code: "FAILED_TO_UPDATE_ACCOUNT", Message: "Failed to update account"}
	ErrDeleteAccount    = &Error{Kind: Unprocessable, Code: "FAILED_TO_DELETE_ACCOUNT", Message: "Failed to delete account"}
	ErrAccountExists    = &Error{Kind: Conflicting, Code: "SOCIAL_ACCOUNT_ALREADY_LINKED", Message: "Social account already linked"}
	ErrAccountNotFound  = &Error{Kind: Invalid, Code: "ACCOUNT_NOT_FOUND", Message: "Account not found"}
	ErrUpdateSession    = &Error{Kind: Unprocessable, Code: "FAILED_TO_UPDATE_SESSION", Message: "Failed to update session"}
	ErrSessionTooLarge  = &Error{Kind: TooLarge, Code: "SESSION_TOO_LARGE", Message: "The session would be too large"}
	ErrUserExists       = &Error{Kind: Unprocessable, Code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", Message: "User already exists. Use another email."}
	ErrFieldTaken       = &Error{Kind: Unprocessable, Code: "FIELD_ALREADY_TAKEN", Message: "A value that must be unique is already taken"}
	ErrRefused          = &Error{Kind: Invalid, Code: "VALUE_NOT_ACCEPTED", Message: "A value is not accepted"}
	ErrUserNotFound     = &Error{Kind: NotFound, Code: "USER_NOT_FOUND", Message: "User not found"}
	ErrPasswordTooShort = &Error{Kind: Invalid, Code: "PASSWORD_TOO_SHORT", Message: "Password too short"}
	ErrPasswordTooLong  = &Error{Kind: Invalid, Code: "PASSWORD_TOO_LONG", Message: "Password too long"}
	ErrPassword         = &Error{Kind: Invalid, Code: "INVALID_PASSWORD", Message: "Invalid password"}
	ErrNoCredential     = &Error{Kind: Invalid, Code: "CREDENTIAL_ACCOUNT_NOT_FOUND", Message: "Credential account not found"}
	ErrInvalidEmail     = &Error{Kind: Invalid, Code: "INVALID_EMAIL", Message: "Invalid email"}
	ErrDisabledPath     = &Error{Kind: NotFound, Code: "DISABLED_PATH", Message: "Not Found"}
	ErrTooManyAttempts  = &Error{Kind: TooMany, Code: "TOO_MANY_ATTEMPTS", Message: "Too many attempts. Please try again later."}
	ErrRateLimited      = &Error{Kind: TooMany, Message: "Too many requests. Please try again later."}
	ErrBusy             = &Error{Kind: Unavailable, Code: "SERVICE_UNAVAILABLE", Message: "Service unavailable"}
	ErrInternal         = &Error{Kind: Internal, Code: "INTERNAL_SERVER_ERROR", Message: "Internal server error"}
	ErrUnknownOperation = errors.New("kernia: no such operation")
)
