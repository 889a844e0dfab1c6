// Package storetest proves that a [ports.Store] keeps its contract. A store of your own is right when one test
// passes:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, name string) ports.Store { return open(t, name) })
//	}
//
// Every subtest is one promise of the contract, in the present tense; one that fails reads as the promise that is
// broken. [Fuzz] goes on comparing a store with package memory for as long as it may, and [Bench] and
// [BenchSession] measure the calls that a signed-in request makes. Package kvtest does the same for key-value stores.
package storetest
