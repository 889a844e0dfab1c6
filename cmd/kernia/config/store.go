package config

import (
	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// Store says where users, sessions and everything else are kept.
type Store struct {
	// `memory`, `sqlite`, `postgres`, `mongo`. `memory` forgets everything when the server stops.
	Driver string `key:"driver" default:"sqlite"`
	// What the driver opens: a file or `:memory:`; a `postgres://` URL; a `mongodb://` URI with the name of a
	// database.
	DSN string `key:"dsn" unset:"kernia.db for sqlite"`
}

func (s *Store) check(c *checker) {
	c.oneOf("driver", s.Driver, "memory", "sqlite", "postgres", "mongo")
	if s.DSN == "" && (s.Driver == "postgres" || s.Driver == "mongo") {
		c.wrong("dsn", "is missing: driver %s needs one", s.Driver)
	}
}

// Redis names a key-value store beside the database.
type Redis struct {
	// A `redis://` or `rediss://` URL. Sessions, one-time values and rate limits then live there, as with Better
	// Auth's `secondaryStorage`.
	URL string `key:"url"`
}

// Password says how passwords are kept.
type Password struct {
	// What new hashes are made with: `argon2id`, or `scrypt` in the form of Better Auth, for a database shared with
	// it. Either verifies both, and bcrypt and PBKDF2.
	Hasher string `key:"hasher" default:"argon2id"`
	// The forms of hashes that other programs left in the database, so that a wrong password costs the same for every
	// account: `scrypt` for Better Auth's, or a hash cut off after its parameters, as `$2b$12$` or
	// `pbkdf2_sha256$390000$`. An empty list means that there are none.
	Imported []string `key:"imported" unset:"[\"scrypt\"]"`
}

func (p *Password) check(c *checker) { c.oneOf("hasher", p.Hasher, "argon2id", "scrypt") }

func (p *Password) hasher() ports.PasswordHasher {
	if p.Hasher == "scrypt" {
		return kernia.Scrypt()
	}
	return nil // the core's own
}
