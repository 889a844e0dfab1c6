package password

import "golang.org/x/crypto/bcrypt"

// Waiting returns how many calls wait for a turn.
func (h *Hasher) Waiting() int { return int(h.waiting.Load()) }

// Cost parses hash and returns how many bytes verifying it would take, at most.
func Cost(hash string) (int, error) {
	s, err := parse(hash)
	switch s := s.(type) {
	case argon:
		return s.memory << 10, err
	case scrypted:
		return 128 * scryptN * scryptR, err
	case bcrypted:
		cost, err := bcrypt.Cost(s.hash)
		if cost > maxCost {
			return 1 << 62, err
		}
		return 1 << 13, err
	}
	return 0, err
}

// Count replaces the computations of h by one that notes their work, by kind, and finds that nothing matches. It
// returns what the computations since the last call of it took.
func Count(h *Hasher) func() (took [6]int64, runs int) {
	var sum [6]int64
	var n int
	h.run = func(s stored, _ string) bool {
		k, took := s.work()
		sum[k] += took
		n++
		return false
	}
	return func() ([6]int64, int) {
		got, times := sum, n
		sum, n = [6]int64{}, 0
		return got, times
	}
}
