package kernia

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kernia-go/kernia/core/internal/cookie"
	"github.com/kernia-go/kernia/core/internal/seal"
)

// CookieForm says how the value of a cookie is protected. The zero CookieForm is [CookieBound].
type CookieForm uint8

// The forms of cookies.
const (
	CookieBound  CookieForm = iota // signed for this cookie: invalid under another name
	CookieShared                   // signed as Better Auth signs it, for cookies that Better Auth has too
	CookieSealed                   // encrypted for this cookie: the browser cannot read it
	CookiePlain                    // not protected: anybody can write it
)

// CookieOptions describe a feature's cookie. The zero value is a signed cookie that scripts cannot read and that ends
// when the browser closes.
type CookieOptions struct {
	Form     CookieForm    // how the value is protected
	MaxAge   time.Duration // how long the browser keeps it, at most 400 days; 0 means until the browser closes
	Script   bool          // scripts of the page can read it
	Unsecure bool          // its name never has the prefix __Secure-
	Whole    bool          // the declared name is the whole name, without any prefix
	Chunked  bool          // a value that is too long for one cookie is split over several
}

// A Cookie is the handle to a cookie that a feature declared: it sets, reads and deletes the cookie. Its name, prefix,
// domain and security follow Config.Cookies. It is safe for concurrent use.
type Cookie struct {
	auth    *Auth
	key     string // as declared
	suffix  string
	options CookieOptions
	name    string // as the browser has it; "" until New returns
	attrs   cookie.Attributes
	keys    [][]byte // for signing or sealing; nil where the form has none
}

// Cookie declares a cookie of the feature and returns its handle. The name must be unique among all features. The
// application can replace the whole name by Config.Cookies.Names.
func (d *Declaration) Cookie(name string, o CookieOptions) *Cookie {
	k := &Cookie{auth: d.auth, key: name, options: o}
	d.cookies = append(d.cookies, k)
	return k
}

// Name returns the cookie's full name in the browser; "" before New has returned.
func (k *Cookie) Name() string { return k.name }

// With returns the handle to the cookie whose name is this one's followed by suffix, for instance to have one cookie
// for each session. A suffix consists of letters, digits, hyphens and underscores; with any other, the cookie is never
// set.
func (k *Cookie) With(suffix string) *Cookie {
	one := *k
	one.suffix, one.name = k.suffix+suffix, k.name+suffix
	return &one
}

// Suffixes returns the suffixes of the request's cookies whose names begin with this one's, in their order, at most
// 256.
func (k *Cookie) Suffixes(c *Call) []string {
	var out []string
	for _, name := range cookie.Names(c.header["Cookie"], k.name) {
		if suffix := name[len(k.name):]; suffix != "" {
			out = append(out, suffix)
		}
	}
	return out
}

// Set makes the answer set the cookie to value. In a call without HTTP it does nothing.
func (k *Cookie) Set(c *Call, value string) error { return k.SetFor(c, value, k.options.MaxAge) }

// SetFor is Set with another age than the declared one.
func (k *Cookie) SetFor(c *Call, value string, age time.Duration) error {
	if c.request == nil {
		return nil
	}
	switch {
	case k.name == "":
		return errEarly
	case k.auth != c.auth:
		return errForeign
	}
	text, err := k.encode(value)
	if err != nil {
		return err
	}
	c.write(k, k.lines(c, text, age))
	return nil
}

// Delete makes the answer delete the cookie with all its parts.
func (k *Cookie) Delete(c *Call) {
	if c.request != nil && k.name != "" && k.auth == c.auth {
		c.write(k, append(k.expire(c, k.name), k.expireChunks(c, 0)...))
	}
}

// Read returns the cookie's value; ok is false if the request has none that this Auth wrote. If there are several
// cookies with the name, the first with such a value counts.
func (k *Cookie) Read(c *Call) (value string, ok bool) {
	header := c.header["Cookie"]
	if len(header) == 0 || k.auth != c.auth {
		return "", false
	}
	cookie.Each(header, k.name, func(text string) bool {
		value, ok = k.decode(text)
		return ok
	})
	if !ok && k.options.Chunked {
		if text := k.joined(header); text != "" {
			value, ok = k.decode(text)
		}
	}
	return value, ok
}

// values appends to out what the cookies of the name hold that this Auth wrote, each once, up to its capacity.
func (k *Cookie) values(c *Call, out []string) []string {
	cookie.Each(c.header["Cookie"], k.name, func(text string) bool {
		if value, ok := k.decode(text); ok && !slices.Contains(out, value) {
			out = append(out, value)
		}
		return len(out) == cap(out)
	})
	return out
}

// has reports whether the request has a cookie of the name, whatever is in it.
func (k *Cookie) has(c *Call) bool {
	_, ok := cookie.Find(c.header["Cookie"], k.name)
	return ok
}

func (k *Cookie) encode(value string) (string, error) {
	switch k.options.Form {
	case CookieBound, CookieShared:
		return cookie.Sign(k.keys[0], k.context()+value)[len(k.context()):], nil
	case CookieSealed:
		return seal.Seal(k.auth.config.Random, k.keys[0], value, k.context())
	}
	return value, nil
}

// context is what else a signature covers: the suffix, so that one cookie of a family is worth nothing as another.
func (k *Cookie) context() string {
	if k.suffix == "" || k.options.Form == CookieShared {
		return ""
	}
	return k.suffix + "\x00"
}

func (k *Cookie) decode(text string) (string, bool) {
	switch k.options.Form {
	case CookieBound, CookieShared:
		value, ok := cookie.Open(k.context()+text, k.auth.presented(k.keys)...)
		return strings.TrimPrefix(value, k.context()), ok
	case CookieSealed:
		value, err := seal.Open(k.auth.presented(k.keys), text, k.context())
		return value, err == nil
	}
	return text, text != ""
}

// lines returns the Set-Cookie lines for an encoded value: one, or several where it is too long for one.
func (k *Cookie) lines(c *Call, text string, age time.Duration) []string {
	if age == 0 {
		age = -1 // a session cookie of the browser: no Max-Age
	}
	size := chunkSize - len(k.line(k.name+".99", "", age))
	if !k.options.Chunked || len(cookie.Escape(text)) <= size {
		return append(k.expireChunks(c, 0), k.line(k.name, text, age))
	}
	if cookie.Escape(text) != text {
		size /= 3 // the most that escaping makes of it
	}
	var lines []string
	if k.has(c) {
		lines = append(lines, k.expire(c, k.name)...)
	}
	n := 0
	for part := range slices.Chunk([]byte(text), size) {
		lines = append(lines, k.line(k.name+"."+strconv.Itoa(n), string(part), age))
		n++
	}
	return append(lines, k.expireChunks(c, n)...)
}

const (
	chunkSize = 4050 // bytes of a cookie, attributes included; browsers keep 4096
	maxChunks = 100
)

// expireChunks returns the lines that delete the parts from number from on that the request has.
func (k *Cookie) expireChunks(c *Call, from int) []string {
	if !k.options.Chunked {
		return nil
	}
	var lines []string
	for _, name := range cookie.Names(c.header["Cookie"], k.name+".") {
		n, err := strconv.Atoi(name[len(k.name)+1:])
		if err == nil && n >= from && n < maxChunks && name == k.name+"."+strconv.Itoa(n) {
			lines = append(lines, k.expire(c, name)...)
		}
	}
	return lines
}

// expire returns the lines that delete a cookie wherever it may be: a browser that had it before Cookies.Domain was set
// has one for the host alone, too. Where the domain was removed again, the request has two of the name that this Auth
// signed, and every domain that the host can name is told; what others put into the browser is left to them.
func (k *Cookie) expire(c *Call, name string) []string {
	lines := []string{k.line(name, "", 0)}
	elsewhere := func(domain string) {
		one := *k
		if one.attrs.Domain = domain; one.attrs.Check(name) == nil {
			lines = append(lines, one.line(name, "", 0))
		}
	}
	if k.attrs.Domain != "" {
		elsewhere("")
		return lines
	}
	if n := 0; c.request != nil && k.options.Form != CookiePlain {
		cookie.Each(c.header["Cookie"], name, func(text string) bool {
			if _, ours := k.decode(text); ours {
				n++
			}
			return n > 1
		})
		if n < 2 {
			return lines
		}
		for host := k.auth.hostOf(c.request); strings.Contains(host, "."); _, host, _ = strings.Cut(host, ".") {
			elsewhere(host)
		}
	}
	return lines
}

// hostOf returns the public name of the host that answers, "" for an address.
func (a *Auth) hostOf(r *Request) string {
	base := a.config.BaseURL
	if base == "" {
		base = "http://" + r.Host
	}
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return ""
	}
	return u.Hostname()
}

// joined returns the value that the parts of the request make, "" where there are none.
func (k *Cookie) joined(header []string) string {
	var b strings.Builder
	for n := range maxChunks {
		part, ok := cookie.Find(header, k.name+"."+strconv.Itoa(n))
		if !ok {
			break
		}
		b.WriteString(part)
	}
	return b.String()
}

// line returns one Set-Cookie line. A negative age leaves Max-Age out; 0 deletes the cookie.
func (k *Cookie) line(name, value string, age time.Duration) string {
	seconds := -1
	if age >= 0 {
		seconds = int(age / time.Second)
	}
	return string(cookie.Append(nil, name, value, seconds, k.attrs))
}

// settleCookies gives every declared cookie its name, attributes and keys.
func (a *Auth) settleCookies(all []*Declaration) error {
	conf := &a.config.Cookies
	secure := strings.HasPrefix(a.config.BaseURL, "https://")
	if conf.Secure != nil {
		secure = *conf.Secure
	}
	prefix := conf.Prefix
	if prefix == "" {
		prefix = "better-auth"
	}
	byName, keys := map[string]string{}, map[string]bool{}
	for _, d := range all {
		for _, k := range d.cookies {
			k.attrs = cookie.Attributes{
				Domain: conf.Domain, Path: "/", HTTPOnly: !k.options.Script, SameSite: conf.SameSite, Partitioned: conf.Partitioned,
				Secure: secure || conf.Partitioned || strings.EqualFold(conf.SameSite, "None"),
			}
			if err := k.settle(prefix, secure); err != nil {
				return badSetting("Cookies", "%w", err)
			}
			if other, taken := byName[k.name]; taken {
				return badSetting("Cookies.Names", "the cookies %q and %q have one name, %q", other, k.key, k.name)
			}
			byName[k.name], keys[k.key] = k.key, true
			a.jar = append(a.jar, k)
		}
	}
	for key := range conf.Names {
		if !keys[key] {
			return badSetting("Cookies.Names", "no feature declares a cookie %q", key)
		}
	}
	return nil
}

func (k *Cookie) settle(prefix string, secure bool) error {
	if k.options.MaxAge < 0 || k.options.MaxAge > maxCookieAge {
		return fmt.Errorf("the cookie %q must live between 0 and 400 days", k.key)
	}
	name := k.key
	if !k.options.Whole {
		name = prefix + "." + k.key
	}
	if own := k.auth.config.Cookies.Names[k.key]; own != "" {
		name = own
	}
	if secure && !k.options.Whole && !k.options.Unsecure {
		name = "__Secure-" + name
	}
	switch k.options.Form {
	case CookieShared:
		k.keys = k.auth.keys.All()
	case CookieBound:
		k.keys = k.auth.keys.Subkeys("cookie:"+k.key, 32)
	case CookieSealed:
		k.keys = k.auth.keys.Subkeys("sealed cookie:"+k.key, seal.KeySize)
	}
	if err := k.attrs.Check(name); err != nil {
		return err
	}
	k.name = name
	return nil
}

// Cookies returns the cookies that the core and the features declared.
func (a *Auth) Cookies() []*Cookie { return slices.Clone(a.jar) }
