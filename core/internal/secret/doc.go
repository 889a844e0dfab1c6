// Package secret judges, makes and keeps the secrets everything else is derived from.
//
// [Check] and [Generate] serve the start of a program, [Subkey] gives each purpose a key of its own, [Ring] holds the
// current secret with its predecessors during a rotation, and [Random32] makes tokens. Nothing here prints a secret.
package secret
