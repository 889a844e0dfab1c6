package mailtext

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// match returns the language of offered that an Accept-Language header asks for first, or "". Both are compared in lower
// case; "de-CH" is content with "de".
func match(header string, offered []string) string {
	for _, tag := range preferred(header) {
		for tag != "" {
			if slices.Contains(offered, tag) {
				return tag
			}
			tag = tag[:max(0, strings.LastIndexByte(tag, '-'))]
		}
	}
	return ""
}

// preferred returns the tags of an Accept-Language header, the most wanted first.
func preferred(header string) []string {
	type want struct {
		tag    string
		weight float64
	}
	var wants []want
	for part := range strings.SplitSeq(header, ",") {
		tag, parameter, weighed := strings.Cut(part, ";")
		w := want{lower(tag), 1}
		if weighed {
			q, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			if !ok || err != nil {
				weight = 0
			}
			w.weight = weight
		}
		if w.weight > 0 && w.tag != "" {
			wants = append(wants, w)
		}
	}
	slices.SortStableFunc(wants, func(a, b want) int { return cmp.Compare(b.weight, a.weight) })
	tags := make([]string, len(wants))
	for i, w := range wants {
		tags[i] = w.tag
	}
	return tags
}

func lower(tag string) string { return strings.ToLower(strings.TrimSpace(tag)) }
