package config

import (
	"testing"

	"github.com/kernia-go/kernia/core/feature/username"
)

func TestUsername(t *testing.T) {
	fallback := username.Feature{MinLength: 3, MaxLength: 30}
	with := func(change func(f *username.Feature)) username.Feature {
		f := fallback
		change(&f)
		return f
	}
	checkOptions(t, "plugins.username", fallback, map[string]option{
		"minUsernameLength":     {`2`, with(func(f *username.Feature) { f.MinLength = 2 })},
		"maxUsernameLength":     {`20`, with(func(f *username.Feature) { f.MaxLength = 20 })},
		"usernameNormalization": {`false`, with(func(f *username.Feature) { f.KeepCase = true })},
		"immutableUsername":     {`true`, with(func(f *username.Feature) { f.Immutable = true })},
		"displayUsername":       {`false`, with(func(f *username.Feature) { f.NoDisplayName = true })},
	})
}
