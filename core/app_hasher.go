package kernia

import (
	"github.com/kernia-go/kernia/core/internal/password"
	"github.com/kernia-go/kernia/ports"
)

// Argon2id returns the default hasher: argon2id with OWASP's parameters (19 MiB, 2 passes) behind a queue that
// bounds the memory of hashes at once. It also verifies what Better Auth (scrypt), bcrypt and PBKDF2 left, and asks
// for those to be replaced.
func Argon2id() ports.PasswordHasher { return password.New(password.Options{Write: password.Argon2id}) }

// Scrypt returns a hasher that writes scrypt hashes in Better Auth's form, for a database shared with a JavaScript
// server; it verifies whatever Argon2id does.
func Scrypt() ports.PasswordHasher { return password.New(password.Options{Write: password.Scrypt}) }
