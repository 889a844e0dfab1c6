package password

import (
	"crypto/sha1" //nolint:gosec // only verifies
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"math/bits"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// A kind is a way to compute hashes. Its work is counted in a unit of its own, which adds up whatever the parameters of
// the single hashes are.
type kind int

const (
	argonKind  kind = iota // KiB times passes
	scryptKind             // hashes
	bcryptKind             // rounds: 2 to the power of the cost
	sha1Kind               // of PBKDF2, as the next two: rounds times blocks of the key
	sha256Kind
	sha512Kind
	kinds
)

// foreign reports that other programs make these hashes, which may not have normalised the password.
func (k kind) foreign() bool { return k >= bcryptKind }

// forms returns how many of the n forms of a password are verified.
func (k kind) forms(n int) int {
	if k.foreign() {
		return n
	}
	return 1
}

// work is so much of each kind.
type work [kinds]int64

// Salt and key of a hash that is computed for its work alone.
var (
	decoySalt = make([]byte, saltSize)
	decoyKey  = make([]byte, argonKey)
)

const decoyBcrypt = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

// decoys returns hashes that take n units to verify, all together. What is too little for a hash is left out.
func (k kind) decoys(n int64) (list []stored) {
	switch k {
	case argonKind:
		if passes := n / argonMemory; passes > 0 {
			list = append(list, argon{memory: argonMemory, time: int(passes), lanes: argonLanes, salt: decoySalt, key: decoyKey})
		}
		if rest := n % argonMemory; rest >= 8 {
			list = append(list, argon{memory: int(rest), time: 1, lanes: argonLanes, salt: decoySalt, key: decoyKey})
		}
	case scryptKind:
		for range n {
			list = append(list, scrypted{salt: strings.Repeat("0", 2*saltSize), key: make([]byte, scryptKey)})
		}
	case bcryptKind:
		for n >= 1<<bcrypt.MinCost {
			cost := min(bits.Len64(uint64(n))-1, maxCost)
			list = append(list, bcrypted{fmt.Appendf(nil, "$2b$%02d$%s", cost, decoyBcrypt)})
			n -= 1 << cost
		}
	case sha1Kind:
		list = rounds(derived{digest: sha1.New}, n)
	case sha256Kind:
		list = rounds(derived{digest: sha256.New}, n)
	case sha512Kind:
		list = rounds(derived{digest: sha512.New}, n)
	}
	return list
}

func rounds(d derived, n int64) []stored {
	if n < 1 {
		return nil
	}
	d.rounds, d.salt, d.key = int(n), decoySalt, make([]byte, d.digest().Size())
	return []stored{d}
}

// whole completes a form: a hash that is cut off after its parameters, or the word "scrypt".
func whole(form string) string {
	const salt, key = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	switch {
	case form == "scrypt":
		return strings.Repeat("0", 2*saltSize) + ":" + strings.Repeat("0", 2*scryptKey)
	case strings.HasPrefix(form, "$2") && len(form) == len("$2b$10$"):
		return form + decoyBcrypt
	case strings.HasSuffix(form, "$") && strings.Trim(form, "$") != "":
		return form + salt + "$" + key
	}
	return form
}
