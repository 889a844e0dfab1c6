// Package client drives the real thing from outside: "kernia serve" and the example programs, by the official
// JavaScript client, by a browser, and beside the JavaScript server on one database. It has tests only.
package client
