package replay_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// moments are members whose values differ from run to run.
var moments = map[string]bool{
	"id": true, "token": true, "userId": true, "createdAt": true, "updatedAt": true, "expiresAt": true, "accountId": true,
}

const instant = "2006-01-02T15:04:05.000Z"

// inexact is how far the clock of a world is from that of the recorded server, at most.
const inexact = 500 * time.Millisecond

// compareJSON says where got differs from want: exactly, but for moments, which must be of one kind, and times,
// which must be of one form and of one value.
func compareJSON(path string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: got %T, want an object", path, got)}
		}
		var diff []string
		for k := range w {
			if _, ok := g[k]; !ok {
				diff = append(diff, path+"."+k+" is missing")
				continue
			}
			if moments[k] {
				diff = append(diff, compareMoment(path+"."+k, w[k], g[k])...)
				continue
			}
			if k == "ipAddress" && w[k] == "" {
				// The recorded server knew addresses from a header alone; ours knows the peer's.
				w[k] = "127.0.0.1"
			}
			diff = append(diff, compareJSON(path+"."+k, w[k], g[k])...)
		}
		for k := range g {
			if _, ok := w[k]; !ok {
				diff = append(diff, path+"."+k+" is too much")
			}
		}
		return diff
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return []string{fmt.Sprintf("%s: got %v, want %d elements", path, got, len(w))}
		}
		var diff []string
		for i := range w {
			diff = append(diff, compareJSON(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...)
		}
		return diff
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s: got %v, want %v", path, got, want)}
	}
	return nil
}

func compareMoment(path string, want, got any) []string {
	w, isText := want.(string)
	g, ok := got.(string)
	at, err := time.Parse(instant, w)
	switch {
	case !isText:
		return compareJSON(path, want, got)
	case !ok || g == "":
		return []string{fmt.Sprintf("%s: got %v, want text", path, got)}
	case err != nil:
		return nil
	}
	if ours, err := time.Parse(instant, g); err != nil || ours.Sub(at).Abs() > inexact {
		return []string{fmt.Sprintf("%s: got %q, want %q", path, g, w)}
	}
	return nil
}

func compareBody(want, got string) []string {
	var w, g any
	if json.Unmarshal([]byte(want), &w) != nil {
		if want != got {
			return []string{fmt.Sprintf("body: got %.80q, want %.80q", got, want)}
		}
		return nil
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		return []string{fmt.Sprintf("body: got %.80q, want JSON", got)}
	}
	return compareJSON("body", w, g)
}

// compareCookies compares names, attributes and order; the values only where they delete or say "true".
func compareCookies(want, got []string) []string {
	if len(want) != len(got) {
		return []string{fmt.Sprintf("cookies: got %q, want %q", got, want)}
	}
	var diff []string
	for i := range want {
		wPair, wRest, _ := strings.Cut(want[i], "; ")
		gPair, gRest, _ := strings.Cut(got[i], "; ")
		wName, wValue, _ := strings.Cut(wPair, "=")
		gName, gValue, _ := strings.Cut(gPair, "=")
		fixed := wValue == "" || strings.HasPrefix(wValue, "true.")
		if wName != gName || wRest != gRest || (wValue == "") != (gValue == "") || fixed && wValue != gValue {
			diff = append(diff, fmt.Sprintf("cookie %d: got %q, want %q", i, got[i], want[i]))
		}
	}
	return diff
}
