package kernia

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kernia-go/kernia/core/internal/secret"
	"github.com/kernia-go/kernia/ports"
)

// newID returns the id of a new record of the model: given, or one of Config.NewID's, or one of our own; "" where the
// store makes it. An id that has not the form of the model's ids is an error.
func (a *Auth) newID(ctx context.Context, m *ports.Model, given string) (id string, err error) {
	if id = given; id == "" && a.config.NewID != nil {
		if id, err = a.config.NewID(ctx, m.Name); err != nil {
			return "", err
		}
	}
	if id != "" {
		if !validID(m.ID, id) {
			return "", fmt.Errorf("%w: the id given to a new %q has another form than Config.IDs says", ports.ErrInvalid, m.Name)
		}
		return id, nil
	}
	switch m.ID {
	case ports.IDText:
		return secret.Random32(a.config.Random, Alphanumeric, 32)
	case ports.IDUUID:
		return newUUID(a.config.Random)
	}
	return "", nil
}

// maxID bounds an id, in bytes: databases index no longer text.
const maxID = 255

// validID reports whether id has the form of the kind.
func validID(kind ports.IDKind, id string) bool {
	only := func(length int, letters string) bool { return len(id) == length && strings.Trim(id, letters) == "" }
	switch kind {
	case ports.IDUUID:
		return only(36, "0123456789abcdef-") && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' && strings.Count(id, "-") == 4
	case ports.IDSerial:
		n, err := strconv.ParseInt(id, 10, 64)
		return err == nil && n > 0 && strconv.FormatInt(n, 10) == id
	case ports.IDObjectID:
		return only(24, "0123456789abcdef")
	}
	return len(id) <= maxID && utf8.ValidString(id) && !strings.Contains(id, "\x00")
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
