// Package kerniasqlite keeps Kernia's records in SQLite, in the tables and column forms of an existing Better Auth
// database.
//
// [Open] suits a program whose accounts live in one file next to it; [New] works on an application's own
// connection, and [Join] in its transaction. Several processes on one machine may share a file; for several
// machines take the Postgres store. The driver is modernc.org/sqlite, which needs no C compiler.
package kerniasqlite
