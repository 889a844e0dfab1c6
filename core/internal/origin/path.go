package origin

import "strings"

// Path reports whether one of patterns covers path: it is the same, or path goes on with a slash after it. "/public"
// covers "/public/data", never "/publicity"; the empty pattern covers nothing, and "/" only itself. Path must be the
// one that routing uses, with its dot segments resolved.
func Path(patterns []string, path string) bool {
	for _, p := range patterns {
		if p == "/" && path == "/" {
			return true
		}
		p = strings.TrimRight(p, "/")
		if p != "" && strings.HasPrefix(path, p) && (len(path) == len(p) || path[len(p)] == '/') {
			return true
		}
	}
	return false
}
