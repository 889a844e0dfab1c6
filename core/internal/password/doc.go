// Package password hashes passwords with argon2id, verifies what other systems stored, and bounds the memory both take.
//
// It knows the hashes of Better Auth (scrypt), bcrypt and PBKDF2 besides its own, and says of every other form than the
// one it writes that it is stale. Parameters inside a stored hash are bounded before any memory is taken.
package password
