package kernia

import "log/slog"

// A Principal is who makes a call: a user and the session they are signed in with.
type Principal struct {
	User    User
	Session Session // Token is the token as it was presented

	stored string // the token as the store has it
}

// LogValue keeps the token out of logs.
func (p *Principal) LogValue() slog.Value {
	if p == nil {
		return slog.StringValue("nobody")
	}
	return slog.GroupValue(slog.String("user_id", p.User.ID), slog.String("session_id", p.Session.ID))
}
