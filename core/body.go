package kernia

import "strings"

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// parse reads query and body into members, once, for every check and the handler.
func (c *Call) parse() error {
	r, o := c.request, c.operation
	c.source.parseQuery(r.Query, o.input.names)
	if r.Method == "GET" || o.noBody {
		return nil
	}
	if int64(len(r.Body)) > c.auth.config.BodyLimit || r.Length > c.auth.config.BodyLimit {
		return ErrBodyTooLarge
	}
	if r.Length >= 0 && int64(len(r.Body)) != r.Length {
		return ErrBodyLost
	}
	c.source.kind = "undefined"
	if len(r.Body) == 0 {
		if r.Length < 0 && mediaType(r.Header.First("Content-Type")) == jsonType {
			return ErrMalformed // a chunked body that says it is JSON and is nothing
		}
		return nil
	}
	names := o.input.names
	switch media := mediaType(r.Header.First("Content-Type")); {
	case media == jsonType:
		if err := c.source.parseJSON(r.Body, names); err != nil {
			return err
		}
	case media == formType && o.Forms:
		if err := c.source.parseForm(r.Body, names); err != nil {
			return err
		}
	case media == "":
		// As upstream on Node: a body of no declared type does not exist.
	default:
		return o.mediaError()
	}
	return nil
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
