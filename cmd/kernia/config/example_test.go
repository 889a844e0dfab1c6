package config_test

import (
	"fmt"
	"log"

	"github.com/kernia-go/kernia/cmd/kernia/config"
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports/memory"
)

func Example() {
	s, err := config.Decode([]byte(`{
		"baseURL": "https://api.example.com/auth",
		"secret": "nC2fW7qL0vXyTz4sBd8gJk1mPrUe5hAo",
		"session": {"expiresIn": 3600},
		"plugins": {"bearer": {}}
	}`), nil)
	if err != nil {
		log.Fatal(err)
	}
	cfg, features, err := s.Core()
	if err != nil {
		log.Fatal(err)
	}
	cfg.Store = memory.New()
	auth, err := kernia.New(cfg, features...)
	if err != nil {
		log.Fatal(s.Explain(err))
	}
	fmt.Println(auth.BasePath(), cfg.Session.ExpiresIn, s.FeaturesOn())
	// Output: /auth 1h0m0s [bearer]
}
