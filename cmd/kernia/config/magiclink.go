package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/feature/magiclink"
)

// MagicLink lets users sign in, and up, by a link that is mailed to them. Needs `mail`.
type MagicLink struct {
	// `true`: links are sent by `mail`.
	SendMagicLink bool `key:"sendMagicLink" default:"true"`
	// How long a link works, in seconds.
	ExpiresIn int64 `key:"expiresIn" default:"300"`
	// Only users who exist are mailed a link.
	DisableSignUp bool `key:"disableSignUp"`
}

func (o *MagicLink) check(c *checker) {
	c.atLeast("expiresIn", o.ExpiresIn, 1)
	if !o.SendMagicLink {
		c.wrong("sendMagicLink", "want true: links are sent by mail")
	}
}

func (o *MagicLink) feature(*Settings) (f kernia.Feature, on bool) {
	return magiclink.Feature{ExpiresIn: seconds(o.ExpiresIn), DisableSignUp: o.DisableSignUp}, true
}
