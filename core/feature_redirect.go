package kernia

import "github.com/kernia-go/kernia/core/internal/origin"

// AppendQuery adds a query parameter to a redirect target, before its fragment, and leaves every other byte as it is.
// The value is encoded.
func AppendQuery(target, key, value string) string { return origin.Append(target, key, value) }

// RedirectError makes the answer a redirect to target with the code of err as the parameter "error", and reports true;
// without a target it does nothing and reports false. Check the target first, by [Call.AllowsRedirect]; the dispatcher
// has done so for fields called callbackURL, redirectTo, errorCallbackURL and newUserCallbackURL.
func (c *Call) RedirectError(target string, err *Error) bool {
	if target == "" {
		return false
	}
	c.Redirect(AppendQuery(target, "error", err.Code))
	return true
}

// Absolute returns a redirect target as an absolute URL: a path becomes one on the origin of the base URL.
func (c *Call) Absolute(target string) string {
	if len(target) > 0 && target[0] == '/' {
		return c.self() + target
	}
	return target
}
