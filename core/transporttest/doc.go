// Package transporttest proves that a transport, the adapter of an HTTP framework, keeps its contract: that the core
// receives what the client sent and the client what the core answered, byte for byte, and that guards let nobody
// through. An adapter of your own has one test, which calls [Run] with a function that builds a small program on the
// framework; it needs the standard library alone. Run it with -race.
//
// The kit speaks to that program over TCP in raw bytes, so that what a client library would repair is seen.
package transporttest
