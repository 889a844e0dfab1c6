package kernia

import (
	"strings"

	"github.com/kernia-go/kernia/core/internal/input"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// parse reads query and body into members, once, for every check and the handler.
func (c *Call) parse() error {
	r, o := c.request, c.operation
	c.source.ParseQuery(r.Query, o.input.Names)
	if r.Method == "GET" || o.noBody {
		return nil
	}
	if int64(len(r.Body)) > c.auth.config.BodyLimit || r.Length > c.auth.config.BodyLimit {
		return ErrBodyTooLarge
	}
	if r.Length >= 0 && int64(len(r.Body)) != r.Length {
		return ErrBodyLost
	}
	c.source.Kind = "undefined"
	if len(r.Body) == 0 {
		if r.Length < 0 && mediaType(r.Header.First("Content-Type")) == jsonType {
			return ErrMalformed // a chunked body that says it is JSON and is nothing
		}
		return nil
	}
	names := o.input.Names
	switch media := mediaType(r.Header.First("Content-Type")); {
	case media == jsonType:
		if err := c.source.ParseJSON(r.Body, names); err != nil {
			return wrongBody(err)
		}
	case media == formType && o.Forms:
		if err := c.source.ParseForm(r.Body, names); err != nil {
			return wrongBody(err)
		}
	case media == "":
		// As Better Auth does: a body without a Content-Type is ignored.
	default:
		return o.mediaError()
	}
	return nil
}

var (
	errDuplicate = &Error{Kind: Invalid, Code: "VALIDATION_ERROR", Message: "[body] A member is given twice"}
	errMembers   = &Error{Kind: Invalid, Code: "VALIDATION_ERROR", Message: "[body] Too many members"}
	errDeep      = &Error{Kind: Invalid, Code: "BAD_REQUEST", Message: "Request body is nested too deeply"}
	errEncoding  = &Error{Kind: Invalid, Code: "BAD_REQUEST", Message: "Request body is not valid UTF-8"}
)

// wrongBody returns the answer to a body that cannot be split into members.
func wrongBody(err error) *Error {
	switch err {
	case input.ErrTwice:
		return errDuplicate
	case input.ErrMany:
		return errMembers
	case input.ErrDeep:
		return errDeep
	case input.ErrEncoding:
		return errEncoding
	}
	return ErrMalformed
}

func mediaType(header string) string {
	media, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

func (o *Operation) mediaError() *Error {
	allowed := jsonType
	if o.Forms {
		allowed = formType + ", " + jsonType
	}
	e := *ErrMediaType
	e.Message += ". Allowed types: " + allowed
	return &e
}
