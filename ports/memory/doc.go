// Package memory implements the ports in process memory: the reference that explains them and the oracle that the
// conformance kits compare with.
//
// [Store] suits tests and programs whose accounts may go when the process goes. [Clock], [PredictableRandom],
// [Events], [Hasher] and [FetchFunc] let a test own time, randomness, the audit trail, the cost of a password and the
// answers of other servers; none of them belongs in production.
package memory
