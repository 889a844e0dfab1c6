package kernia

import (
	"errors"
	"fmt"

	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// newID returns a new id for the model, "" where the store makes it.
func (a *Auth) newID(m *ports.Model) (string, error) {
	switch m.ID {
	case ports.IDText:
		return secret.Random32(a.config.Random, Alphanumeric, 32)
	case ports.IDUUID:
		return newUUID(a.config.Random)
	}
	return "", nil
}

// newUUID returns a random UUID, RFC 9562 section 5.4.
func newUUID(random ports.Random) (string, error) {
	var b [16]byte
	if n, err := random.Read(b[:]); err != nil || n != len(b) {
		return "", fmt.Errorf("kernia: making an id: %w", errors.Join(err, errors.New("short read")))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
