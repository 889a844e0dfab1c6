// Package replay sends recorded requests to every transport and compares the answers with the recorded ones. The
// recordings were made of the JavaScript server; values that are random or of a moment are compared by their
// shape.
package replay
