package secret

import (
	"errors"
	"strings"
)

// Min is the least length of a secret in bytes.
const Min = 32

var (
	// ErrShort reports a secret of less than Min bytes.
	ErrShort = errors.New("secret: too short: use at least 32 random bytes")

	// ErrKnown reports a secret that documentation or a template gives as its example.
	ErrKnown = errors.New("secret: a published default: generate one of your own")

	// ErrWeak reports a secret that plainly was not drawn at random.
	ErrWeak = errors.New("secret: too little entropy: generate it instead of typing it")
)

// Check returns nil when s may sign and encrypt in production, else ErrKnown, ErrShort or ErrWeak. It can only find
// what is plainly bad; that s came from a random source is the caller's promise.
func Check(s string) error {
	if known(s) {
		return ErrKnown
	}
	if len(s) < Min {
		return ErrShort
	}
	if weak(s) {
		return ErrWeak
	}
	return nil
}

// Published reports whether the project's own examples and kits show s, so that everybody knows it.
func Published(s string) bool {
	switch s {
	case "keep-32-random-bytes-in-the-environment", "kernia-test-secret-that-is-not-for-use-anywhere",
		"Zk3vQ9xT1mW7sB5yR8uL2nH6dJ4gP0cA", "nC2fW7qL0vXyTz4sBd8gJk1mPrUe5hAo":
		return true
	}
	return false
}

// known folds case and separators, so that CHANGE_ME and change-me are one word.
func known(s string) bool {
	folded := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_. ", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
	switch folded {
	case "secret", "supersecret", "password", "test", "default":
		return true
	}
	for _, word := range []string{
		"betterauthsecret", "changeme", "changethis", "replaceme", "replacethis", "yoursecret", "your256bitsecret",
		"mysecretkey", "supersecretkey", "insecuresecret", "examplesecret",
	} {
		if strings.Contains(folded, word) {
			return true
		}
	}
	return false
}

// weak finds few distinct bytes, a text repeated, and runs along the alphabet, the digits or a keyboard. It cannot find
// words that somebody put together.
func weak(s string) bool {
	s = strings.ToLower(s)
	var seen [256]bool
	distinct, steps := 0, 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			distinct++
		}
		if i > 0 {
			if d := int(s[i]) - int(s[i-1]); d >= -1 && d <= 1 || neighbours(s[i-1:i+1]) {
				steps++
			}
		}
	}
	if distinct < 8 || steps*2 > len(s) {
		return true
	}
	for period := 1; period*2 <= len(s); period++ {
		if s[period:] == s[:len(s)-period] {
			return true
		}
	}
	return false
}

// neighbours reports whether two characters are beside each other on a keyboard.
func neighbours(pair string) bool {
	const rows = "qwertyuiop\nasdfghjkl\nzxcvbnm\nlkjhgfdsa\npoiuytrewq\nmnbvcxz"
	return strings.Contains(rows, pair)
}
