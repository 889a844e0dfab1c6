package devpage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/kernia-go/kernia/core/devpage"
	"github.com/kernia-go/kernia/core/nethttp"
)

func ExamplePage() {
	page := devpage.Page{Title: "My shop", Next: []devpage.Step{{Text: "See your orders.", URL: "/orders"}}}.Response("/api/auth")

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { nethttp.Write(w, page) })

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	fmt.Println(answer.Code, answer.Header().Get("Content-Type"))
	// Output: 200 text/html; charset=utf-8
}
