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
