package featuretest

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/ports"
)

// A note is a record of the feature that the kit's own test proves.
type note struct {
	ID        string
	UserID    string `kernia:"ref=user"`
	Text      string
	CreatedAt time.Time
}

// A stray record refers to a user without saying so.
type stray struct {
	ID   string
	User string
}

var (
	errEmpty   = &kernia.Error{Kind: kernia.Invalid, Code: "NOTE_EMPTY", Message: "A note needs a text"}
	errUnknown = &kernia.Error{Kind: kernia.Unauthenticated, Code: "NOTE_UNKNOWN_ADDRESS", Message: "Unknown address"}
	errCode    = &kernia.Error{Kind: kernia.Invalid, Code: "NOTE_WRONG_CODE", Message: "Wrong code"}
)

// notes is a feature that keeps every promise unless it has a defect, which is the name of a mutant.
type notes struct {
	defect string
	outage *atomic.Bool // an outage was seen
}

func (f notes) has(defect string) bool { return f.defect == defect }

type noteInput struct {
	Text      string                  `json:"text" in:"max=200"`
	ColorCode kernia.Optional[string] `json:"colorCode"`
	Fields    kernia.FieldValues
}

type snakeInput struct {
	UserName string `json:"user_name" in:"max=200"`
}

type noteOutput struct {
	ID        string  `json:"id"`
	Text      string  `json:"text"`
	ColorCode *string `json:"colorCode"`
	CreatedAt string  `json:"createdAt"`
	defect    string
}

// MarshalJSON has a defect if the feature has.
func (o noteOutput) MarshalJSON() ([]byte, error) {
	type plain noteOutput
	text, err := json.Marshal(plain(o))
	switch o.defect {
	case leavesNullOut:
		text = []byte(strings.Replace(string(text), `"colorCode":null,`, "", 1))
	case addsAMember:
		text = []byte(strings.Replace(string(text), "{", `{"secret":1,`, 1))
	}
	return text, err
}

type enterInput struct {
	Email       string                  `json:"email" in:"email"`
	Code        string                  `json:"code" in:"max=100"`
	CallbackURL kernia.Optional[string] `json:"callbackURL"`
	ReturnURL   kernia.Optional[string] `json:"returnURL"`
}

type enterOutput struct {
	Token string `json:"token"`
}

type readInput struct {
	NoteID string `json:"noteId" in:"query,max=100"`
}

var declarations atomic.Int64

// Declare adds the feature's operations, its table and its throttle.
func (f notes) Declare(d *kernia.Declaration) {
	d.Name("notes")
	f.outage = &atomic.Bool{}
	if f.has(isAcceptedTwice) {
		d.Name(fmt.Sprint("notes", declarations.Add(1)))
		return
	}
	table := kernia.TableOf[note](d, "note")
	throttle := d.Throttle("note", 3, time.Minute)
	f.declareWrites(d, table)
	f.declareReads(d, table)
	kernia.Post(d, "/note/enter", func(ctx context.Context, c *kernia.Call, in enterInput) (enterOutput, error) {
		return f.enter(ctx, c, throttle, in)
	}, kernia.SignsIn(), kernia.Errors(errUnknown, errCode, kernia.ErrTooManyAttempts))
	f.declareSteps(d)
	f.declareDefects(d)
}

func (f notes) declareWrites(d *kernia.Declaration, table *kernia.Table[note]) {
	access, errs := kernia.SignedIn, []*kernia.Error{errEmpty}
	if f.has(declaresWhatItNeverAnswers) {
		errs = append(errs, errCode)
	}
	if f.has(hidesAnError) {
		errs = nil
	}
	kernia.Post(d, "/note/create", func(ctx context.Context, c *kernia.Call, in noteInput) (noteOutput, error) {
		return f.create(ctx, c, table, in)
	}, access, kernia.Errors(errs...), kernia.Limit(3, time.Minute))
	kernia.Post(d, "/note/clear", func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		p, err := c.Session(ctx)
		if err != nil {
			return kernia.Status{}, err
		}
		return kernia.Status{Status: true}, c.Auth().Sessions.RevokeOthers(ctx, p)
	}, kernia.Fresh)
}

func (f notes) declareReads(d *kernia.Declaration, table *kernia.Table[note]) {
	kernia.Get(d, "/note/read", func(ctx context.Context, c *kernia.Call, in readInput) (kernia.Status, error) {
		n, err := table.Find(ctx, in.NoteID)
		if f.has(takesAnOutageForNothing) && err != nil {
			return kernia.Status{}, nil
		}
		return kernia.Status{Status: n != nil}, err
	}, kernia.Live)
	count := func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
		n, err := c.Auth().Users.Count(ctx, kernia.UserQuery{})
		return kernia.Status{Status: n >= 0}, err
	}
	if f.has(limitsWhatHasNoRoute) {
		kernia.Func(d, "note/count", count, kernia.Limit(1, time.Minute))
		return
	}
	kernia.Func(d, "note/count", count)
}

// declareSteps adds steps of defects that turn the answers of others around.
func (f notes) declareSteps(d *kernia.Declaration) {
	forgives := map[string]error{
		servesNobody: kernia.ErrUnauthorized, servesKeysToo: kernia.ErrUnauthorized, servesOldSessions: kernia.ErrNotFresh,
		forgivesADenial: errStopped, leadsAnywhere: nil,
	}
	err, ok := forgives[f.defect]
	if !ok || err == nil {
		return
	}
	d.After([]string{"/note/*"}, func(_ context.Context, c *kernia.Call, o *kernia.Outcome) error {
		if f.has(servesKeysToo) && c.Header(keyHeader) == "" {
			return nil
		}
		if errors.Is(o.Err, err) {
			o.Value, o.Err = kernia.Status{Status: true}, nil
		}
		return nil
	})
}

// declareDefects adds what only defects add.
func (f notes) declareDefects(d *kernia.Declaration) {
	nothing := func(context.Context, *kernia.Call, kernia.None) (kernia.Status, error) { return kernia.Status{}, nil }
	switch f.defect {
	case hasAnOperationWithoutSample:
		kernia.Post(d, "/note/other", nothing, kernia.Unread())
	case hasATableWithoutSample:
		kernia.TableOf[stray](d, "stray")
	case hasAFieldWithoutSample:
		kernia.Post(d, "/note/odd", func(context.Context, *kernia.Call, readBody) (kernia.Status, error) { return kernia.Status{}, nil })
	case knowsOneSpelling:
		kernia.Post(d, "/note/odd", func(_ context.Context, _ *kernia.Call, in snakeInput) (kernia.Status, error) {
			return kernia.Status{Status: in.UserName != ""}, nil
		})
	case keepsStrayRows:
		strays := kernia.TableOf[stray](d, "stray")
		kernia.Post(d, "/note/odd", func(ctx context.Context, c *kernia.Call, _ kernia.None) (kernia.Status, error) {
			p, err := c.Session(ctx)
			if err != nil {
				return kernia.Status{}, err
			}
			_, err = strays.Create(ctx, stray{User: p.User.ID})
			return kernia.Status{}, err
		}, kernia.SignedIn)
	}
}

type readBody struct {
	Extra kernia.Optional[string] `json:"extra"`
}

func (f notes) create(ctx context.Context, c *kernia.Call, table *kernia.Table[note], in noteInput) (noteOutput, error) {
	p, err := c.Session(ctx)
	switch {
	case err != nil:
		return noteOutput{}, err
	case f.has(refusesEveryKey) && !p.HasSession():
		return noteOutput{}, kernia.ErrUnauthorized
	case f.has(needsHTTP) && !c.HTTP():
		return noteOutput{}, errEmpty
	case f.has(limitsTwice) && c.HTTP():
		return noteOutput{}, kernia.ErrRateLimited
	case f.has(panicsOnLongText) && in.ColorCode.Set && len(in.ColorCode.Value) > 100:
		panic("too long")
	case f.has(repeatsItsInput) && in.Text == marker:
		return noteOutput{}, &kernia.Error{Kind: kernia.Invalid, Code: "NOTE_BAD", Message: "Bad text " + in.Text}
	case f.has(answersWhatItDoesNotDeclare) && in.Text == marker:
		return noteOutput{}, errUnknown
	case in.Text == "":
		return noteOutput{}, errEmpty
	}
	if f.has(readsOneSpellingOfAddedFields) {
		if _, ok := c.Input("favorite_color"); ok {
			return noteOutput{}, kernia.ErrValidation
		}
	}
	n, err := table.Create(ctx, note{UserID: p.User.ID, Text: in.Text})
	if err != nil {
		return noteOutput{}, err
	}
	out := noteOutput{ID: n.ID, Text: n.Text, CreatedAt: n.CreatedAt.Format(ports.TimeFormat), defect: f.defect}
	if in.ColorCode.Set {
		out.ColorCode = &in.ColorCode.Value
	}
	switch f.defect {
	case writesShortTimes:
		out.CreatedAt = n.CreatedAt.Format(time.RFC3339)
	case makesItsOwnChance:
		out.ID = crand.Text()
	}
	return out, nil
}

func (f notes) enter(ctx context.Context, c *kernia.Call, throttle *kernia.Throttle, in enterInput) (enterOutput, error) {
	u, err := c.Auth().Users.FindByEmail(ctx, in.Email)
	if f.outage.Store(f.outage.Load() || err != nil); f.has(remembersAnOutage) && f.outage.Load() {
		err = kernia.ErrBusy
	}
	if err != nil {
		return enterOutput{}, err
	}
	if u == nil {
		return enterOutput{}, errUnknown
	}
	key := u.ID
	if f.has(countsByAddress) {
		key = c.ClientAddress()
	}
	if err := throttle.Attempt(ctx, key); err != nil {
		return enterOutput{}, err
	}
	if in.Code != "1234" {
		return enterOutput{}, errCode
	}
	if f.has(leadsAnywhere) && in.ReturnURL.Set {
		c.Location(in.ReturnURL.Value)
	}
	if f.has(issuesByHand) {
		s, err := c.Auth().Sessions.Issue(ctx, *u, kernia.NewSession{})
		return enterOutput{Token: s.Token}, err
	}
	s, err := c.SignIn(ctx, kernia.Attempt{User: *u, Method: "note"})
	_, diverted := errors.AsType[*kernia.Diversion](err)
	switch {
	case err != nil && f.has(issuesAfterADenial):
		s, err = c.Auth().Sessions.Issue(ctx, *u, kernia.NewSession{})
	case diverted && f.has(losesADiversion):
		err = errCode
	case err != nil && f.has(answersOutagesAsWrong):
		err = errCode
	}
	if err != nil {
		return enterOutput{}, err
	}
	return enterOutput{Token: s.Token}, throttle.Reset(ctx, u.ID)
}

// A kept feature keeps its handle in itself, so that the second Auth takes it from the first.
type kept struct {
	table *kernia.Table[note]
}

// Declare adds one operation.
func (f *kept) Declare(d *kernia.Declaration) {
	d.Name("kept")
	f.table = kernia.TableOf[note](d, "note")
	kernia.Post(d, "/note/create", func(ctx context.Context, c *kernia.Call, in noteInput) (kernia.Status, error) {
		p, err := c.Session(ctx)
		if err != nil {
			return kernia.Status{}, err
		}
		_, err = f.table.Create(ctx, note{UserID: p.User.ID, Text: in.Text})
		return kernia.Status{Status: err == nil}, err
	}, kernia.SignedIn)
}
