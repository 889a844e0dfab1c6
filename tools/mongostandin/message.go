package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	headerSize = 16       // length, request id, response to, operation: four little-endian int32
	maxMessage = 48 << 20 // MongoDB's own limit
	opMsg      = 2013
	moreToCome = 1 << 1 // flag of OP_MSG: the sender expects no reply
)

// A message is one message of the MongoDB wire protocol, header included.
type message []byte

// readMessage reads one whole message.
func readMessage(r io.Reader) (message, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n < headerSize || n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	m := make(message, n)
	copy(m, size[:])
	if _, err := io.ReadFull(r, m[4:]); err != nil {
		return nil, err
	}
	return m, nil
}

// isMsg reports whether m is an OP_MSG that is long enough to name a command.
func (m message) isMsg() bool {
	return len(m) > headerSize+4+1+4+1 && binary.LittleEndian.Uint32(m[12:]) == opMsg
}

// silent reports whether the sender expects no reply.
func (m message) silent() bool {
	return m.isMsg() && binary.LittleEndian.Uint32(m[headerSize:])&moreToCome != 0
}

// command returns the name of the command, the first key of the body; "" where the body is not the first section.
func (m message) command() string {
	const kind = headerSize + 4 // after the flags
	if m[kind] != 0 {
		return ""
	}
	name := m[kind+1+4+1:] // after the document's length and the first element's type
	end := bytes.IndexByte(name, 0)
	if end < 0 {
		return ""
	}
	return string(name[:end])
}

// writes reports whether the message may change something. What only reads is named here, anything else waits
// for its turn.
func (m message) writes() bool {
	if !m.isMsg() {
		return false // the handshake of old
	}
	switch m.command() {
	case "find", "getMore", "aggregate", "count", "distinct", "explain", "killCursors", "endSessions",
		"hello", "isMaster", "ismaster", "ping", "buildInfo", "buildinfo", "listCollections", "listIndexes", "listDatabases":
		return false
	}
	return true
}
