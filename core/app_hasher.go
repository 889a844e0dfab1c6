package kernia

import (
	"github.com/kernia-go/kernia/core/internal/password"
	"github.com/kernia-go/kernia/ports"
)

// Argon2id returns the default hasher: argon2id with OWASP's parameters (19 MiB, 2 passes) behind a queue that bounds
// the memory of simultaneous hashes. It also verifies hashes of scrypt (in Better Auth's form), bcrypt and PBKDF2, and
// reports them as stale, so that they are replaced.
func Argon2id() ports.PasswordHasher { return password.New(password.Options{Write: password.Argon2id}) }

// Scrypt returns a hasher that writes scrypt hashes in Better Auth's form, for a database shared with a JavaScript
// server; it verifies the same hashes as Argon2id.
func Scrypt() ports.PasswordHasher { return password.New(password.Options{Write: password.Scrypt}) }
