// Package outbox keeps mails in a file instead of sending them, for development and for tests that run in another process.
package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/kernia-go/kernia/ports"
	"github.com/kernia-go/kernia/ports/mailtext"
)

// A Mailer is a [ports.Mailer] that appends to a file. It is safe for concurrent use, also by several processes.
type Mailer struct {
	path  string
	texts *mailtext.Texts
	clock ports.Clock

	mu sync.Mutex // so that the lines are in the order of their times
}

var _ ports.Mailer = (*Mailer)(nil)

// Options are the settings of a [Mailer]. The zero Options are recommended.
type Options struct {
	Texts *mailtext.Texts // write the subjects; nil: the built-in ones
	Clock ports.Clock     // nil: the system's
}

// A Line is what the file has of one mail: one JSON object on a line of its own.
type Line struct {
	To       string    `json:"to"`
	Kind     string    `json:"kind"` // a ports.MailKind
	Subject  string    `json:"subject"`
	URL      string    `json:"url,omitempty"`
	Token    string    `json:"token,omitempty"`
	Code     string    `json:"code,omitempty"`
	NewEmail string    `json:"newEmail,omitempty"` // the address that a change asks for
	Time     time.Time `json:"time"`
}

// Open returns a Mailer that appends to the file at path, and makes the file if it is not there. Links and codes sign in,
// so only the owner can read the file; Open takes the access away from others. It takes at most one Options. The file is
// opened anew for each mail: it may be moved or removed at any time.
func Open(path string, o ...Options) (*Mailer, error) {
	m := &Mailer{path: path, clock: ports.SystemClock{}}
	if len(o) > 0 {
		m.texts = o[0].Texts
		if o[0].Clock != nil {
			m.clock = o[0].Clock
		}
	}
	if m.texts == nil {
		texts, err := mailtext.New(mailtext.Options{})
		if err != nil {
			return nil, err
		}
		m.texts = texts
	}
	return m, m.append(nil)
}

// Send appends m as a [Line]. Errors: those of [ports.Mail.Check] and [mailtext.Texts.Render], ErrUnavailable if the file
// cannot be written, the context's own.
func (box *Mailer) Send(ctx context.Context, m ports.Mail) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := m.Check(); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	message, err := box.texts.Render(m)
	if err != nil {
		return err
	}
	box.mu.Lock()
	defer box.mu.Unlock()
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false) // a link can then be read and copied
	err = encoder.Encode(Line{
		To: m.To, Kind: string(m.Kind), Subject: message.Subject, URL: m.URL, Token: m.Token, Code: m.Code, NewEmail: m.NewEmail,
		Time: box.clock.Now().UTC(),
	})
	if err != nil {
		return fmt.Errorf("outbox: %w: a mail that is no JSON", ports.ErrInvalid)
	}
	return box.append(line.Bytes())
}

// append writes in one call, which no other process cuts in two.
func (box *Mailer) append(line []byte) error {
	f, err := os.OpenFile(box.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("outbox: %w: %w", ports.ErrUnavailable, err)
	}
	if info, stat := f.Stat(); stat == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	if err == nil && len(line) > 0 {
		_, err = f.Write(line)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("outbox: %w: %w", ports.ErrUnavailable, err)
	}
	return nil
}

// Read returns the lines of the file at path, the oldest first; none if there is no file.
func Read(path string) ([]Line, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Line
	decoder := json.NewDecoder(bytes.NewReader(text))
	for decoder.More() {
		var l Line
		if err := decoder.Decode(&l); err != nil {
			return nil, fmt.Errorf("outbox: line %d of %s is not a mail", len(all)+1, path)
		}
		all = append(all, l)
	}
	return all, nil
}
