package kernia

import "github.com/kernia-go/kernia/ports"

// User, Session, Account, Event and Mail are the entities of package ports under their everyday names.
type (
	// User is one person or machine that can sign in.
	User = ports.User
	// Session is one signed-in client of a user.
	Session = ports.Session
	// Account is one way a user signs in.
	Account = ports.Account
	// Event is one entry of the audit trail.
	Event = ports.Event
	// Mail is one message to a user.
	Mail = ports.Mail
)

// A Naming gives a table of the application's database its own name, and columns theirs. Keys of Columns are
// field names as in JSON.
type Naming struct {
	Table   string
	Columns map[string]string
}
