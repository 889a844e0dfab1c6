package transporttest

import (
	"net/http"
	"strings"

	kernia "github.com/kernia-go/kernia/core"
)

func mergeMutants() []mutant {
	set := func(h http.Header, l kernia.HeaderLine) { h.Set(l.Name, l.Value) }
	return []mutant{
		{"a list replaces the application's", "Merge/AddsToListsOfTheApplication Merge/MergesBehindAGuard", broken{headers: set}},
		{"only Vary is a list", "Merge/AddsToListsOfTheApplication Merge/MergesBehindAGuard", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			if h.Set(l.Name, strings.Join(append(h.Values(l.Name), l.Value), ", ")); l.Name != "Vary" {
				h.Set(l.Name, l.Value)
			}
		}}},
		{"a list names items twice", "Merge/AddsToListsOfTheApplication", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			if l.List() {
				h.Add(l.Name, l.Value)
				return
			}
			h.Set(l.Name, l.Value)
		}}},
		{"every header is added", "Merge/ReplacesOtherHeadersOfTheApplication Merge/MergesBehindAGuard", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			if more := l.Lacking(h.Values(l.Name)); more != "" {
				h.Add(l.Name, more)
			}
		}}},
		{"one line of the application is replaced", "Merge/ReplacesOtherHeadersOfTheApplication", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			if lines := h.Values(l.Name); len(lines) > 0 && !l.List() {
				lines[0] = l.Value
				return
			}
			h.Add(l.Name, l.Value)
		}}},
		{"what the application set stays", "Merge/ReplacesOtherHeadersOfTheApplication Merge/MergesBehindAGuard", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			if h.Get(l.Name) == "" {
				h.Set(l.Name, l.Value)
			}
		}}},
		{"cookies of the application go", "Merge/KeepsCookiesOfTheApplication Merge/MergesBehindAGuard", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			h.Del("Set-Cookie")
			h.Add(l.Name, l.Value)
		}}},
		{"nothing may be cached", "Merge/KeepsAnOwnCacheControl", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			h.Set(l.Name, l.Value)
			h.Set("Cache-Control", "no-store")
		}}},
		onAnswer("errors have a form of their own", "Merge/KeepsTheFormOfAnError", func(resp *kernia.Response) {
			if resp.Status == 400 {
				resp.Body = []byte(`{"message":"Bad Request","code":"BAD_REQUEST"}`)
			}
		}),
		onAnswer("cookies of features are dropped", "Effect/SetsCookiesOfFeatures Effect/DeletesCookiesOfFeatures Effect/AnswersADiversion", func(resp *kernia.Response) {
			var kept []string
			for _, c := range resp.Cookies {
				if !strings.Contains(c, "kit_") {
					kept = append(kept, c)
				}
			}
			resp.Cookies = kept
		}),
		onAnswer("a sign-in without a session is a failure", "Effect/AnswersADiversion", func(resp *kernia.Response) {
			if strings.Contains(string(resp.Body), "further") {
				resp.Status = 401
			}
		}),
	}
}
