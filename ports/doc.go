// Package ports holds the interfaces Kernia's core depends on and the entities both sides of them speak.
//
// Import it to write a store of your own, a password hasher, a key-value store or an event sink; an application
// that only uses Kernia imports the core, one transport and one store instead. The package needs the standard
// library alone and knows neither HTTP nor SQL.
//
// [Store] is what an account database must do, [KV] what a store for expiring values must do; [PasswordHasher],
// [Clock], [Random], [Events] and [Fetcher] are the smaller ports. Package memory implements all of them, and packages
// storetest, kvtest and fetchtest are the conformance kits: an implementation is right when its kit passes.
package ports
