module github.com/kernia-go/kernia/adapters/http/chi

go 1.26.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/kernia-go/kernia/core v0.0.0
	github.com/kernia-go/kernia/ports v0.0.0
)

require (
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	golang.org/x/crypto v0.59.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.44.0 // indirect
)
