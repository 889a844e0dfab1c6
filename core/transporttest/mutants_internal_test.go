package transporttest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"

	kernia "github.com/kernia-go/kernia/core"
	"github.com/kernia-go/kernia/core/nethttp"
)

// mutants returns every broken transport.
func mutants() []mutant {
	return slices.Concat(requestMutants(), headMutants(), clientMutants(), contextMutants(), bodyMutants(), pathMutants(), answerMutants(), mergeMutants(), failureMutants(), guardMutants(), callerMutants())
}

// onRequest is a mutant that hands over something else.
func onRequest(name, breaks string, edit func(r *http.Request, q *kernia.Request)) mutant {
	return mutant{name, breaks, broken{request: edit}}
}

// onHeader is a mutant that hands over other headers.
func onHeader(name, breaks string, edit func(h kernia.Header)) mutant {
	return onRequest(name, breaks, func(_ *http.Request, q *kernia.Request) {
		q.Header = maps.Clone(q.Header)
		for k, v := range q.Header {
			q.Header[k] = slices.Clone(v)
		}
		edit(q.Header)
	})
}

// An arena is memory that every request uses again.
type arena struct{ buffer [1 << 16]byte }

//go:norace
func (a *arena) put(s string, at *int) string {
	start := *at
	for i := range len(s) {
		a.buffer[start+i] = s[i]
	}
	*at += len(s)
	return unsafe.String(&a.buffer[start], len(s))
}

func requestMutants() []mutant {
	shared := func() func(r *http.Request, q *kernia.Request) {
		a := &arena{}
		return func(_ *http.Request, q *kernia.Request) {
			at := 0
			q.Path, q.Query, q.Header = a.put(q.Path, &at), a.put(q.Query, &at), maps.Clone(q.Header)
			for name, lines := range q.Header {
				lines = slices.Clone(lines)
				for i := range lines {
					lines[i] = a.put(lines[i], &at)
				}
				q.Header[name] = lines
			}
		}
	}
	agent := &arena{}
	body := &arena{}
	return []mutant{
		onRequest("memory of a request is used again", "Request/KeepsWhatItHandedOver_H01", shared()),
		onRequest("memory of a body is used again", "Request/KeepsWhatItHandedOver_H01", func(_ *http.Request, q *kernia.Request) {
			at := 0
			if len(q.Body) > 0 {
				s := body.put(string(q.Body), &at)
				q.Body = unsafe.Slice(unsafe.StringData(s), len(s))
			}
		}),
		onHeader("memory of one header is used again", "Request/KeepsWhatTheStoreHolds_H01", func(h kernia.Header) {
			at := 0
			if v := h.First("User-Agent"); v != "" {
				h["User-Agent"] = []string{agent.put(v, &at)}
			}
		}),
		onRequest("the path is decoded", "Request/HandsOverThePathAsSent_H05 Path/AnswersTheTranscript_H03_H05", func(r *http.Request, q *kernia.Request) { q.Path = r.URL.Path }),
		onRequest("the path is encoded anew", "Request/HandsOverThePathAsSent_H05", func(r *http.Request, q *kernia.Request) { q.Path = r.URL.EscapedPath() }),
		onRequest("the query is dropped", "Request/HandsOverTheQueryAsSent_H05", func(_ *http.Request, q *kernia.Request) { q.Query = "" }),
		onRequest("the query is encoded anew", "Request/HandsOverTheQueryAsSent_H05", func(r *http.Request, q *kernia.Request) { q.Query = r.URL.Query().Encode() }),
		onRequest("of a parameter the first value counts", "Request/RefusesRepeatedParameters_A17", func(r *http.Request, q *kernia.Request) {
			v := r.URL.Query()
			for name := range v {
				v[name] = v[name][:1]
			}
			q.Query = v.Encode()
		}),
		onRequest("the host loses its port", "Request/HandsOverMethodAndHost", func(_ *http.Request, q *kernia.Request) { q.Host, _, _ = strings.Cut(q.Host, ":") }),
		onHeader("first lines only", "Request/HandsOverHeaderLinesInOrder Request/JoinsCookieLines_H03 Client/ReadsForwardingFromTheRight_B02 Guard/RefusesForeignOrigins", func(h kernia.Header) {
			for name := range h {
				h[name] = h[name][:1]
			}
		}),
		onHeader("lines are merged", "Request/HandsOverHeaderLinesInOrder", func(h kernia.Header) {
			for name := range h {
				h[name] = []string{strings.Join(h[name], ", ")}
			}
		}),
		onHeader("names in lower case", "Request/HandsOverHeadersByCanonicalNames", func(h kernia.Header) {
			for name, lines := range h {
				delete(h, name)
				h[strings.ToLower(name)] = lines
			}
		}),
		onHeader("header bytes are made UTF-8", "Request/HandsOverHeaderBytesAsSent", func(h kernia.Header) {
			for name := range h {
				h[name][0] = strings.ToValidUTF8(h[name][0], "?")
			}
		}),
		onRequest("cookies are parsed and written anew", "Request/HandsOverHeaderBytesAsSent", func(r *http.Request, q *kernia.Request) {
			var pairs []string
			for _, c := range r.Cookies() {
				pairs = append(pairs, c.Name+"="+c.Value)
			}
			if q.Header = maps.Clone(q.Header); len(pairs) > 0 {
				q.Header["Cookie"] = []string{strings.Join(pairs, "; ")}
			}
		}),
		{"a malformed header is an error of the server", "Request/SurvivesMalformedHeaders_F07", broken{outer: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.Header.Get("Authorization"), "\x80") {
					w.WriteHeader(500)
					return
				}
				next.ServeHTTP(w, r)
			})
		}}},
		{"headers of any size", "Request/RefusesLargeHeaders_F06", broken{maxHeader: 64 << 20}},
	}
}

func clientMutants() []mutant {
	return []mutant{
		onRequest("the peer is whom the headers name", "Client/HandsOverThePeer_B02 Client/IgnoresForwardingHeaders_B02", func(r *http.Request, q *kernia.Request) {
			if f := r.Header.Get("X-Forwarded-For"); f != "" {
				q.Remote, _, _ = strings.Cut(f, ",")
			}
		}),
		onRequest("headers make the connection secure", "Client/IgnoresForwardedProto_H08", func(r *http.Request, q *kernia.Request) {
			q.Secure = r.Header.Get("X-Forwarded-Proto") == "https"
		}),
		{"headers make cookies insecure", "Client/KeepsCookiesSecure_H08", broken{response: func(r *http.Request, resp *kernia.Response) {
			for i, c := range resp.Cookies {
				if r.Header.Get("X-Forwarded-Proto") == "http" {
					resp.Cookies[i] = strings.Replace(c, "; Secure", "", 1)
				}
			}
		}}},
	}
}

// A recycled is a context that every request uses again.
type recycled struct {
	context.Context //nolint:containedctx // a context itself
	current         atomic.Pointer[context.Context]
}

func (c *recycled) Value(key any) any { return (*c.current.Load()).Value(key) }

func contextMutants() []mutant {
	reused := &recycled{Context: context.Background()}
	return []mutant{
		{"a context of its own", "Context/HandsOverTheRequestsContext_H02", broken{context: func(*http.Request) context.Context { return context.Background() }}},
		{"a context that is used again", "Context/HandsOverAContextThatMayBeKept_H02", broken{context: func(r *http.Request) context.Context {
			ctx := r.Context()
			reused.current.Store(&ctx)
			return reused
		}}},
		{"a context that does not end with the client", "Context/CancelsWithTheClient_H04 Context/CancelsAGuardWithTheClient_H04", broken{context: func(r *http.Request) context.Context {
			return context.WithoutCancel(r.Context())
		}}},
		{"a timeout is nobody", "Context/EndsWithTheTimeout_H02 Context/EndsAGuardWithTheTimeout_H02 Failure/TellsAnOutage", broken{response: func(_ *http.Request, resp *kernia.Response) {
			if resp.Status == 503 {
				resp.Status = 401
			}
		}}},
	}
}

// onBody is a mutant that reads bodies otherwise.
func onBody(name, breaks string, read func(r *http.Request, q *kernia.Request, limit int64)) mutant {
	return mutant{name, breaks, broken{read: read}}
}

func bodyMutants() []mutant {
	return []mutant{
		onBody("bodies are trimmed", "Body/HandsOverTheBodyAsSent", func(r *http.Request, q *kernia.Request, _ int64) {
			b, _ := io.ReadAll(r.Body)
			q.Body = []byte(strings.TrimSpace(string(b)))
			q.Length = int64(len(q.Body))
		}),
		onBody("no length is no body", "Body/HandsOverABodyOfUnknownLength_F06", func(r *http.Request, q *kernia.Request, _ int64) {
			if q.Length > 0 {
				q.Body, _ = io.ReadAll(r.Body)
			}
			q.Length = int64(len(q.Body))
		}),
		onBody("the first part is the body", "Body/HandsOverABodyInParts_F06", func(r *http.Request, q *kernia.Request, _ int64) {
			q.Body = make([]byte, 1024)
			n, _ := r.Body.Read(q.Body)
			q.Body = q.Body[:n]
			q.Length = int64(n)
		}),
		onBody("long bodies are cut", "Body/RefusesALongBody_F06 Body/RefusesALongBodyOfUnknownLength_F06", func(r *http.Request, q *kernia.Request, limit int64) {
			q.Body, _ = io.ReadAll(io.LimitReader(r.Body, limit))
			q.Length = int64(len(q.Body))
		}),
		onBody("bodies are read whole", "Body/ReadsNoMoreThanTheLimit_F06", func(r *http.Request, q *kernia.Request, _ int64) {
			q.Body, _ = io.ReadAll(r.Body)
		}),
		onBody("errors of reading do not matter", "Body/RefusesATruncatedBody_F06 Body/RefusesALostBody_H07", func(r *http.Request, q *kernia.Request, limit int64) {
			q.Body, _ = io.ReadAll(io.LimitReader(r.Body, limit+1))
			q.Length = int64(len(q.Body))
		}),
		{"a body is taken for a request", "Body/AnswersTheNextRequest", broken{outer: raw("POST", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")}},
	}
}

// raw answers requests of a method by bytes.
func raw(method, bytes string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method {
				next.ServeHTTP(w, r)
				return
			}
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = io.WriteString(c, bytes)
				_ = c.Close()
			}
		})
	}
}

// onAnswer is a mutant that answers something else.
func onAnswer(name, breaks string, edit func(resp *kernia.Response)) mutant {
	return mutant{name, breaks, broken{response: func(_ *http.Request, resp *kernia.Response) { edit(resp) }}}
}

func pathMutants() []mutant {
	return []mutant{
		{"variants lead to the path", "Path/PassesNoVariantOfAPath_B05", broken{outer: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if lower := strings.ToLower(r.URL.Path); lower != r.URL.Path {
					http.Redirect(w, r, lower, http.StatusMovedPermanently)
					return
				}
				next.ServeHTTP(w, r)
			})
		}}},
		{"a group's prefix is forgotten", "Path/MountsUnderAPrefix_H05", broken{noGroup: true}},
		{"no place but the usual", "Path/MountsAtTheRoot_H05", broken{outer: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/kit/") {
					http.NotFound(w, r)
					return
				}
				next.ServeHTTP(w, r)
			})
		}}},
		{"other paths are ours", "Path/LeavesOtherPathsToTheApplication_H05", broken{outer: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.URL.Path = strings.TrimPrefix(r.URL.Path, "/x")
				next.ServeHTTP(w, r)
			})
		}}},
		onAnswer("an unknown route is a bad request", "Path/AnswersTheTranscript_H03_H05", func(resp *kernia.Response) {
			if resp.Status == 404 {
				resp.Status = 400
			}
		}),
	}
}

func answerMutants() []mutant {
	return []mutant{
		onAnswer("cookies the other way round", "Answer/SetsCookiesInOrder_H03 Path/AnswersTheTranscript_H03_H05", func(resp *kernia.Response) { slices.Reverse(resp.Cookies) }),
		onAnswer("one cookie", "Answer/SetsCookiesInOrder_H03 Path/AnswersTheTranscript_H03_H05", func(resp *kernia.Response) { resp.Cookies = resp.Cookies[:min(1, len(resp.Cookies))] }),
		onAnswer("cookies with other quoting", "Answer/SetsCookiesInOrder_H03", func(resp *kernia.Response) {
			for i, c := range resp.Cookies {
				resp.Cookies[i] = strings.NewReplacer("%2B", "+", "%3D", "=", "%2F", "/").Replace(c)
			}
		}),
		onAnswer("a cookie gains an attribute", "Answer/SetsCookiesInOrder_H03", func(resp *kernia.Response) {
			for i := range resp.Cookies {
				resp.Cookies[i] += "; Expires=Thu, 01 Jan 2030 00:00:00 GMT"
			}
		}),
		{"header values are cleaned", "Answer/KeepsHeaderValues", broken{headers: func(h http.Header, l kernia.HeaderLine) {
			h.Set(l.Name, strings.ReplaceAll(l.Value, `"`, ""))
		}}},
		onAnswer("bodies are made UTF-8", "Answer/KeepsBodyBytes", func(resp *kernia.Response) {
			resp.Body = []byte(strings.ToValidUTF8(string(resp.Body), "?"))
		}),
		onAnswer("a redirect is a success", "Answer/KeepsTheStatus", func(resp *kernia.Response) { resp.Status = max(200, resp.Status/100*100) }),
		{"a Content-Type is made up", "Answer/AddsNoContentType Path/AnswersTheTranscript_H03_H05", broken{write: func(w http.ResponseWriter, resp kernia.Response) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			sniffed := http.Header{}
			for _, l := range resp.Header {
				sniffed.Add(l.Name, l.Value)
			}
			maps.Copy(w.Header(), sniffed)
			w.WriteHeader(resp.Status)
			_, _ = w.Write(resp.Body)
		}}},
		{"HEAD with a body", "Answer/AnswersHeadWithoutABody_H05", broken{outer: raw("HEAD", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nbody")}},
	}
}

func failureMutants() []mutant {
	return []mutant{
		onAnswer("a panic is swallowed", "Failure/HidesAPanic_H06 Failure/HidesAPanicOfAHook_H06 Failure/HidesAPanicOfTheStore_H06", func(resp *kernia.Response) {
			if resp.Status == 500 {
				resp.Status, resp.Body = 200, nil
			}
		}),
		{"an answer that was begun ends empty", "Failure/AnswersAfterACommit_H07", broken{outer: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(silent{w}, r) })
		}}},
	}
}

// A silent writer sends no body.
type silent struct{ http.ResponseWriter }

func (silent) Write(p []byte) (int, error) { return len(p), nil }
func (silent) Flush()                      {}

func guardMutants() []mutant {
	return []mutant{
		{"nobody is let in", "Guard/RequiresASession", broken{required: func(bool) bool { return false }}},
		{"a session is always required", "Guard/LoadsNobody Guard/LeavesTheApplicationItsErrors", broken{required: func(bool) bool { return true }}},
		onRequest("a guard takes every request for a GET", "Guard/RefusesForeignOrigins", func(_ *http.Request, q *kernia.Request) {
			if q.Path == "/required" || q.Path == "/optional" {
				q.Method = "GET"
			}
		}),
		{"a guard sets no cookies", "Guard/DeletesTheCookiesOfADeadSession Guard/RefreshesBeforeTheHandler Guard/LeavesTheApplicationItsErrors", broken{guard: func(_ *http.Request, _ *bool, g *kernia.Guarded) { g.Cookies = nil }}},
		{"a guard answers for the application", "Guard/LeavesTheApplicationItsErrors", broken{guarded: func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			h.ServeHTTP(hasty{w}, r)
		}}},
		{"a guard reads the body", "Guard/LeavesTheApplicationItsBody", broken{guarded: func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			_, _ = io.ReadAll(r.Body)
			h.ServeHTTP(w, r)
		}}},
		{"a guard adds headers", "Guard/LeavesTheApplicationItsAnswer", broken{guarded: func(w http.ResponseWriter, r *http.Request, h http.Handler) {
			w.Header().Set("Cache-Control", "no-store")
			h.ServeHTTP(w, r)
		}}},
		{"the 401 has words of its own", "Guard/RequiresASession", broken{write: func(w http.ResponseWriter, resp kernia.Response) {
			if resp.Status == 401 {
				http.Error(w, "Unauthorized", http.StatusUnauthorized)
				return
			}
			nethttp.Write(w, resp)
		}}},
	}
}

// A hasty writer answers failures by 500.
type hasty struct{ http.ResponseWriter }

func (h hasty) WriteHeader(status int) {
	if status >= 400 {
		status = 500
	}
	h.ResponseWriter.WriteHeader(status)
}

func callerMutants() []mutant {
	var before, last atomic.Pointer[kernia.Principal]
	return []mutant{
		{"the request's context tells nobody", "Caller/TellsWhoCalls", broken{session: func(p *kernia.Principal) (accessor, inContext *kernia.Principal) { return p, nil }}},
		{"the accessor tells nobody", "Caller/TellsWhoCalls", broken{session: func(p *kernia.Principal) (accessor, inContext *kernia.Principal) { return nil, p }}},
		{"callers are mixed up", "Caller/TellsWhoCallsManyAtOnce", broken{session: func(p *kernia.Principal) (accessor, inContext *kernia.Principal) {
			if other := before.Swap(p); other != nil {
				return other, other
			}
			return p, p
		}}},
		{"the last caller stays", "Caller/TellsNobodyWithoutAGuard", broken{session: func(p *kernia.Principal) (accessor, inContext *kernia.Principal) {
			if p != nil {
				last.Store(p)
			}
			return last.Load(), last.Load()
		}}},
	}
}
