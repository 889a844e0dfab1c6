package ports

import (
	"context"
	"time"
)

// Events receives the audit trail. Record is called after a change is committed, at most once for each event, with a
// context that does not end with the request. Its error is logged and does not change the answer. An Events is safe
// for concurrent use.
type Events interface {
	Record(ctx context.Context, e Event) error
}

// An Event is one thing that happened to a user. It carries no secret.
type Event struct {
	Type      string // dotted, as in "session.created"
	Time      time.Time
	UserID    string // the user concerned; "" if unknown
	SessionID string // the session concerned; "" for none
	IPAddress string // "" if unknown
	UserAgent string // "" if unknown
}
