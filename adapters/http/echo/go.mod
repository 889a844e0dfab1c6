module github.com/kernia-go/kernia/adapters/http/echo

go 1.26.0

require (
	github.com/kernia-go/kernia/core v0.0.0
	github.com/kernia-go/kernia/ports v0.0.0
	github.com/labstack/echo/v4 v4.16.0
)

require (
	github.com/go-jose/go-jose/v4 v4.1.9 // indirect
	github.com/labstack/gommon v0.5.0 // indirect
	github.com/mattn/go-colorable v0.1.15 // indirect
	github.com/mattn/go-isatty v0.0.22 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/valyala/fasttemplate v1.2.2 // indirect
	golang.org/x/crypto v0.59.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.44.0 // indirect
)
