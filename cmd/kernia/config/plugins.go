package config

import (
	"reflect"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

// Plugins are features. Each is on where its key is there, if only as `{}`.
type Plugins struct {
	// One line for each, a pointer to the options in its own file.

	Bearer    *Bearer    `key:"bearer"`
	EmailOTP  *EmailOTP  `key:"emailOTP"`
	MagicLink *MagicLink `key:"magicLink"`
	TwoFactor *TwoFactor `key:"twoFactor"`
	Username  *Username  `key:"username"`
}

// An options is a part of the settings that brings a feature.
type options interface {
	// feature returns the feature as the options have it, nil for none; on is false where it only refuses. What other
	// options of Better Auth say about the feature is in s.
	feature(s *Settings) (f kernia.Feature, on bool)
}

// features returns what the settings bring, in their order, and the names of what is on.
func (s *Settings) features() (list []kernia.Feature, names []string) {
	walk("", reflect.ValueOf(s), func(path string, part any) {
		o, ok := part.(options)
		if !ok {
			return
		}
		f, on := o.feature(s)
		if f != nil {
			list = append(list, f)
		}
		if on {
			names = append(names, strings.TrimPrefix(path, "plugins."))
		}
	})
	return list, names
}

// FeaturesOn returns the names of the features that are switched on, as "emailAndPassword" and "bearer".
func (s *Settings) FeaturesOn() []string {
	_, names := s.features()
	return names
}
