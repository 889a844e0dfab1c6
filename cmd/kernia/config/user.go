package config

import kernia "github.com/kernia-go/kernia/core"

// User describes users and their table.
type User struct {
	// The table of users.
	ModelName string `key:"modelName" unset:"user"`
	// Columns with a name of their own, as `{"email": "mail"}`.
	Fields map[string]string `key:"fields"`
	// Fields of the application's own, by name.
	AdditionalFields Named[Field] `key:"additionalFields"`

	ChangeEmail ChangeEmail `key:"changeEmail"`
	DeleteUser  DeleteUser  `key:"deleteUser"`
}

// ChangeEmail lets users change their address. The new one must be proved by a link that is mailed to it.
type ChangeEmail struct {
	// The route is open. Needs `mail`.
	Enabled bool `key:"enabled"`
	// `true`: a user whose address is verified must first agree by a link to the old one.
	SendChangeEmailConfirmation bool `key:"sendChangeEmailConfirmation"`
	// The address of a user who has not verified the present one changes at once.
	UpdateEmailWithoutVerification bool `key:"updateEmailWithoutVerification"`
}

// Account names the table of accounts.
type Account struct {
	// The table of accounts.
	ModelName string `key:"modelName" unset:"account"`
	// As `user.fields`.
	Fields map[string]string `key:"fields"`
}

// Verification names the table of one-time values.
type Verification struct {
	// The table of one-time values.
	ModelName string `key:"modelName" unset:"verification"`
	// As `user.fields`.
	Fields map[string]string `key:"fields"`
}

// tables returns the tables and columns with names of their own.
func (s *Settings) tables() map[string]kernia.Naming {
	all := map[string]kernia.Naming{}
	add := func(model, table string, columns map[string]string) {
		if table != "" || len(columns) > 0 {
			all[model] = kernia.Naming{Table: table, Columns: columns}
		}
	}
	add("user", s.User.ModelName, s.User.Fields)
	add("session", s.Session.ModelName, s.Session.Fields)
	add("account", s.Account.ModelName, s.Account.Fields)
	add("verification", s.Verification.ModelName, s.Verification.Fields)
	return all
}
