package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/username"
)

// Username lets users sign in by a user name in place of their e-mail address. What takes a function in Better Auth is
// a setting of the Go package alone.
type Username struct {
	// The fewest characters of a user name.
	MinUsernameLength int64 `key:"minUsernameLength" default:"3"`
	// The most characters of a user name, at most 255.
	MaxUsernameLength int64 `key:"maxUsernameLength" default:"30"`
	// Names are stored and compared in lower case.
	UsernameNormalization bool `key:"usernameNormalization" default:"true"`
	// Users who have a name cannot change it.
	ImmutableUsername bool `key:"immutableUsername"`
	// Users have a field `displayUsername`, the name as it was typed.
	DisplayUsername bool `key:"displayUsername" default:"true"`
}

func (u *Username) check(c *checker) {
	c.atLeast("minUsernameLength", u.MinUsernameLength, 1)
	c.atLeast("maxUsernameLength", u.MaxUsernameLength, 1)
}

func (u *Username) feature(*Settings) (f kernia.Feature, on bool) {
	return username.Feature{
		MinLength: int(u.MinUsernameLength), MaxLength: int(u.MaxUsernameLength), KeepCase: !u.UsernameNormalization,
		Immutable: u.ImmutableUsername, NoDisplayName: !u.DisplayUsername,
	}, true
}
