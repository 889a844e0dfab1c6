package ports

import (
	"context"
	"time"
)

// Events receives what happened, for an audit trail. Record is called after the change is committed, with a
// context detached from the request's; its error is logged and changes no answer. Delivery is at most once. It is
// safe for concurrent use.
type Events interface {
	Record(ctx context.Context, e Event) error
}

// An Event is one thing that happened to a user. It carries no secret.
type Event struct {
	Type      string // dotted, as in "session.created"
	Time      time.Time
	UserID    string // whom it concerns; "" where nobody is known
	SessionID string // "" where no session is concerned
	IPAddress string // "" where unknown
	UserAgent string // "" where unknown
}
