// Package cookie reads, signs and writes cookies byte for byte as the wire contract has them.
//
// It stands in for net/http's cookies, which quote and drop bytes, order attributes their own way and know no
// signature. Values are escaped like encodeURIComponent, signed with HMAC-SHA256, and compared in constant time.
package cookie
