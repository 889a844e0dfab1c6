package kerniamongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/mongo"

	"github.com/kernia-go/kernia/ports"
)

// refusals are the codes by which a server says that the command itself is wrong, as a sum out of range is.
// Every other code, from "shutting down" to "not authorized", means that the store could not be asked.
var refusals = [...]int{
	2,     // BadValue
	9,     // FailedToParse
	14,    // TypeMismatch
	10334, // BSONObjectTooLarge
	17280, // KeyTooLong
	17419, // the changed document is too large
	17420, // the new document is too large
}

// fail returns err as an error of ports. ctx is the caller's, without the Store's own time limit. What a server
// says may hold values, so its message is never part of an error, only its code and the code's name.
func fail(ctx context.Context, doing, table string, err error) error {
	if table != "" {
		doing += " " + table
	}
	if gone := ctx.Err(); gone != nil {
		return fmt.Errorf("kerniamongo: %s: %w", doing, gone)
	}
	var known *ports.ConflictError
	var said mongo.ServerError
	switch {
	case errors.Is(err, ports.ErrInvalid), errors.Is(err, ports.ErrUnavailable), errors.As(err, &known):
		return fmt.Errorf("kerniamongo: %s: %w", doing, err)
	case errors.As(err, &said):
		code, name := codeOf(err)
		kind := ports.ErrUnavailable
		if slices.Contains(refusals[:], code) {
			kind = ports.ErrInvalid
		}
		return fmt.Errorf("kerniamongo: %s: %w: the server answered %d %s", doing, kind, code, name)
	}
	if _, ok := errors.AsType[mongo.MarshalError](err); ok {
		return fmt.Errorf("kerniamongo: %s: %w: a value that BSON cannot hold", doing, ports.ErrInvalid)
	}
	return fmt.Errorf("kerniamongo: %s: %w: %v", doing, ports.ErrUnavailable, err) //nolint:errorlint // a deadline in it is the Store's own and must not look like the caller's
}

// codeOf returns the code of a server's error and its name.
func codeOf(err error) (code int, name string) {
	if command, ok := errors.AsType[mongo.CommandError](err); ok {
		return int(command.Code), command.Name
	}
	if write, ok := errors.AsType[mongo.WriteException](err); ok {
		if write.WriteConcernError != nil {
			return write.WriteConcernError.Code, write.WriteConcernError.Name
		}
		for _, e := range write.WriteErrors {
			return e.Code, ""
		}
	}
	return 0, ""
}
