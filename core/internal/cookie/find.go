package cookie

import (
	"slices"
	"strings"
)

const (
	// MaxHeader is the most bytes of Cookie header lines that are read; a longer header counts as none. A session
	// cache in its hundred chunks fits.
	MaxHeader = 512 << 10

	// MaxNames is the most names that Names returns.
	MaxNames = 256
)

// Find returns the un-escaped value of the first cookie called name in the lines of a Cookie header, without the
// quotes around it. Names are compared exactly. It allocates only to un-escape.
func Find(header []string, name string) (value string, ok bool) {
	if name == "" || tooLong(header) {
		return "", false
	}
	for _, line := range header {
		for line != "" {
			var n, v string
			if n, v, line, ok = next(line); ok && n == name {
				return Unescape(v), true
			}
		}
	}
	return "", false
}

// Names returns the names of cookies that begin with prefix, each once, in the order they came. A name that could not
// be set again, since it is no token, is left out; so is what comes after MaxNames.
func Names(header []string, prefix string) []string {
	if tooLong(header) {
		return nil
	}
	var names []string
	for _, line := range header {
		for line != "" {
			n, _, rest, ok := next(line)
			line = rest
			if !ok || !strings.HasPrefix(n, prefix) || !token(n) || slices.Contains(names, n) {
				continue
			}
			if names = append(names, n); len(names) == MaxNames {
				return names
			}
		}
	}
	return names
}

// next cuts one pair off line. A piece without an equals sign is no pair.
func next(line string) (name, value, rest string, ok bool) {
	pair, rest, _ := strings.Cut(line, ";")
	name, value, ok = strings.Cut(pair, "=")
	if !ok {
		return "", "", rest, false
	}
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return name, value, rest, name != ""
}

func tooLong(header []string) bool {
	total := 0
	for _, line := range header {
		if total += len(line); total > MaxHeader {
			return true
		}
	}
	return false
}

// Each calls try with the un-escaped value of every cookie called name, in their order, until try returns true.
func Each(header []string, name string, try func(value string) bool) {
	if name == "" || tooLong(header) {
		return
	}
	for _, line := range header {
		for line != "" {
			n, v, rest, ok := next(line)
			line = rest
			if ok && n == name && try(Unescape(v)) {
				return
			}
		}
	}
}
