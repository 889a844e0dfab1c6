// Package repocheck holds the repository's promises as tests: run it with go test ./tools/repocheck. Each promise
// is a check over the tree, and each check is shown to fail on a small broken tree in testdata.
package repocheck
