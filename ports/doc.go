// Package ports has the interfaces that Kernia's core needs, and the entities that both sides of them use.
//
// Import it to write your own store, password hasher, key-value store or event sink. An application that only uses
// Kernia imports the core, one transport and one store instead. The package imports only the standard library, and
// knows neither HTTP nor SQL.
//
// [Store] is the database for accounts and [KV] the store for values that expire. [PasswordHasher], [Clock],
// [Random], [Events] and [Fetcher] are the smaller ports. Package memory implements all of them. Packages storetest,
// kvtest and fetchtest are the conformance kits: an implementation is right when its kit passes.
package ports
