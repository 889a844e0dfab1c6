package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/deleteuser"
)

// DeleteUser lets users delete their own account.
type DeleteUser struct {
	// The routes are there.
	Enabled bool `key:"enabled"`
	// `true`: the account is deleted by a link that is mailed. Needs `mail`.
	SendDeleteAccountVerification bool `key:"sendDeleteAccountVerification"`
	// How long the link works, in seconds.
	DeleteTokenExpiresIn int64 `key:"deleteTokenExpiresIn" default:"86400"`
}

func (o *DeleteUser) check(c *checker) { c.atLeast("deleteTokenExpiresIn", o.DeleteTokenExpiresIn, 1) }

func (o *DeleteUser) feature(*Settings) (f kernia.Feature, on bool) {
	if !o.Enabled {
		return nil, false
	}
	return deleteuser.Feature{Verify: o.SendDeleteAccountVerification, ExpiresIn: seconds(o.DeleteTokenExpiresIn)}, true
}
