package kernia

import (
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/cookie"
)

// cookieNames are the cookies of one Auth with their attributes.
type cookieNames struct {
	session, data, remember string
	attributes              cookie.Attributes
}

func newCookieNames(c *Config) (cookieNames, error) {
	secure := strings.HasPrefix(c.BaseURL, "https://")
	if c.Cookies.Secure != nil {
		secure = *c.Cookies.Secure
	}
	prefix := c.Cookies.Prefix
	if prefix == "" {
		prefix = "better-auth"
	}
	n := cookieNames{attributes: cookie.Attributes{
		Domain: c.Cookies.Domain, Path: "/", HTTPOnly: true, Secure: secure || c.Cookies.Partitioned || strings.EqualFold(c.Cookies.SameSite, "None"),
		Partitioned: c.Cookies.Partitioned, SameSite: c.Cookies.SameSite,
	}}
	for key, to := range map[string]*string{"session_token": &n.session, "session_data": &n.data, "dont_remember": &n.remember} {
		*to = prefix + "." + key
		if own := c.Cookies.Names[key]; own != "" {
			*to = own
		}
		if secure {
			*to = "__Secure-" + *to
		}
		if err := n.attributes.Check(*to); err != nil {
			return n, badSetting("Cookies", "%w", err)
		}
	}
	for key := range c.Cookies.Names {
		if key != "session_token" && key != "session_data" && key != "dont_remember" {
			return n, badSetting("Cookies.Names", "%q is not the name of a cookie", key)
		}
	}
	if n.session == n.data || n.session == n.remember || n.data == n.remember {
		return n, badSetting("Cookies.Names", "gives two cookies one name")
	}
	return n, nil
}

// set returns the Set-Cookie line for a value. A negative age leaves Max-Age out: the cookie ends with the browser.
func (n *cookieNames) set(name, value string, age time.Duration) string {
	seconds := -1
	if age >= 0 {
		seconds = int(age / time.Second)
	}
	return string(cookie.Append(nil, name, value, seconds, n.attributes))
}

// expire returns the Set-Cookie line that deletes a cookie.
func (n *cookieNames) expire(name string) string { return n.set(name, "", 0) }
