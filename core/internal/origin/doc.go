// Package origin decides which origins may send requests and where a redirect may lead.
//
// It has a parser of its own, stricter than a browser's: whatever browsers repair (backslashes, missing slashes,
// control characters, host names in other spellings) is refused, so that no two readers can see two hosts in one
// string. What it accepts, it serialises as the URL standard of the WHATWG does.
package origin
