// Command breaks proves that the tests of security promises can fail: it applies the patches in
// tools/breaks/patches, one at a time, to a copy of the tree and expects the test that each one names to fail.
//
//	go run ./tools/breaks [ID…]
//
// README.md beside it has the format of a patch.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ids []string) error {
	root, err := workspace.Root(".")
	if err != nil {
		return err
	}
	patches, err := choose(filepath.Join(root, "tools", "breaks", "patches"), ids)
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("breaks: %w", err)
	}
	// The same place each time, since the build cache knows a package by its place.
	c := copied{from: root, to: filepath.Join(cache, "kernia", "breaks")}
	failed := 0
	for _, p := range patches {
		if err := p.try(c); err != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", p.id, err)
			continue
		}
		fmt.Printf("ok   %s\n", p.id)
	}
	fmt.Printf("%d of %d breaks noticed\n", len(patches)-failed, len(patches))
	if failed > 0 {
		return fmt.Errorf("breaks: %d broken promises went unnoticed", failed)
	}
	return nil
}

// choose returns the patches in dir, or those of them that ids name.
func choose(dir string, ids []string) ([]patch, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return nil, fmt.Errorf("breaks: %w", err)
	}
	var chosen []patch
	for _, path := range paths {
		id := strings.TrimSuffix(filepath.Base(path), ".patch")
		if len(ids) > 0 && !slices.Contains(ids, id) {
			continue
		}
		chosen = append(chosen, patch{id: id, path: path})
	}
	for _, id := range ids {
		if !slices.ContainsFunc(chosen, func(p patch) bool { return p.id == id }) {
			return nil, fmt.Errorf("breaks: there is no %s.patch", id)
		}
	}
	return chosen, nil
}
