module github.com/kernia-go/kernia/ports

go 1.26.0
