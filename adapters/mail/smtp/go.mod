module github.com/kernia-go/kernia/adapters/mail/smtp

go 1.26.0

require (
	github.com/kernia-go/kernia/ports v0.0.0
	github.com/wneessen/go-mail v0.8.1
)

require (
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)
