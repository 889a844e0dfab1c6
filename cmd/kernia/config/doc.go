// Package config reads a configuration in Better Auth's option names and turns it into a [kernia.Config] and a list
// of features: the configuration of the program kernia, for other programs and tests that want the same names.
//
//	s, err := config.Load("kernia.json", env)
//	cfg, features, err := s.Core()
//	cfg.Store = store
//	auth, err := kernia.New(cfg, features...)
//	if err != nil {
//		err = s.Explain(err) // names the key, or the variable
//	}
//
// Each feature is one file with its options, their defaults, what may be wrong with them, and the feature that they
// make. The comments of the options are the reference, docs/reference/configuration.md. To add a feature, write its
// file and list its options in [Plugins].
package config
