// Package kerniapostgres keeps Kernia's accounts, sessions and further tables in PostgreSQL 13 or newer, on pgx.
//
// Use it where the application's data lives in PostgreSQL. [Open] makes a connection pool of its own, [New] works
// on the application's, and [Join] lets calls take part in a transaction of the application. A database that
// Better Auth made works as it is: tables, columns and their types are learnt from the catalogue.
//
// Every verb is one SQL statement. Statements name their types, so that a pool may be configured for a pooler such
// as PgBouncer, in any of pgx's query execution modes; a mode that transfers text (exec, simple protocol) needs
// the ISO DateStyle, PostgreSQL's default.
package kerniapostgres
