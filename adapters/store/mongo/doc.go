// Package kerniamongo keeps Kernia's records in MongoDB. Use it where an application already runs MongoDB; an
// existing Better Auth database works as it is.
//
//	store, err := kerniamongo.Open(ctx, "mongodb://127.0.0.1:27017", "app")
//
// # Documents
//
// A model is a collection, a record a document. The id is the document's _id: a string, for [ports.IDUUID] a BSON
// UUID, for [ports.IDSerial] an int64, for [ports.IDObjectID] an ObjectID, and references to it have the same form.
// Times are BSON dates, lists are arrays, JSON is its text in a string, which keeps numbers of any size and keys of any
// spelling; an embedded document or array that another program wrote is read as JSON too. A null is written as a null,
// as Better Auth writes it, but for fields of unique keys, which are left out, since those keys pass over what is not
// there; a field that is not there is read as null. Serial ids are counted in the collection kernia_counters.
//
// # One server, or several
//
// Create, Update and Take are single commands and need no transaction; so are deletions of what nothing refers
// to. On a replica set or through mongos, Tx is a real transaction. MongoDB has no savepoints and ends a
// transaction at its first error, a conflict included: after one, and after an inner Tx that failed, nothing
// more succeeds in it and the outer Tx fails with [ports.ErrUnavailable] even if its function returned nil. Two
// transactions that write the same document make one of them fail with ErrUnavailable; it can be tried again. A
// stand-alone server has no transactions: Tx then just runs its function, nothing is ever rolled back, and a
// deletion of what others refer to that is cut short leaves the record without some of its dependents; deleting
// again completes it.
//
// Reads go to the primary and writes wait for the majority, whatever the client or the URI says otherwise: a
// session that was revoked must not live on in a secondary.
//
// # Indexes
//
// Migrate creates the unique keys, as partial indexes where a field may be null, the look-up keys, and an index by which
// the server removes sessions and verifications one day after they have expired. The day is there so that the
// server's clock decides nothing; expiry is the caller's condition. [Options.KeepExpired] leaves that index out.
// An index on the same fields, under whatever name, is taken as it is.
//
// # Limits
//
// Records that another process adds or changes between two pages can shift the second page. A text to be
// contained is at most 8 KiB. On a server that has no $lookup a query that follows a reference is two reads behind one
// call.
package kerniamongo
