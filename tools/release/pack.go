package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

// A file is one file of a module as it is packed.
type file struct {
	name string // within the module
	disk string // where it is read from
	text []byte // what it holds instead of what is on disk, or nil
}

// Path, Lstat and Open make a file one of a module's zip.
func (f file) Path() string { return f.name }

// Lstat describes the file on disk.
func (f file) Lstat() (fs.FileInfo, error) {
	info, err := os.Lstat(f.disk)
	if err != nil || f.text == nil {
		return info, err
	}
	return sized{info, int64(len(f.text))}, nil
}

// Open returns what the module holds under that name.
func (f file) Open() (io.ReadCloser, error) {
	if f.text != nil {
		return io.NopCloser(strings.NewReader(string(f.text))), nil
	}
	return os.Open(f.disk)
}

// sized is a FileInfo with another size.
type sized struct {
	fs.FileInfo
	size int64
}

// Size returns that size.
func (s sized) Size() int64 { return s.size }

// published reports whether a module is for others: all but the repository's own tests, tools and examples.
func published(m workspace.Module) bool {
	top, _, _ := strings.Cut(m.Dir, "/")
	return top == "ports" || top == "core" || top == "adapters" || top == "cmd"
}

// pack writes the published modules below root into the proxy folder dir, all at the version that it returns. The
// version changes with any file, since a module cache never looks twice at one version.
func pack(root, dir string) (string, error) {
	modules, err := workspace.Modules(root)
	if err != nil {
		return "", err
	}
	files := map[string][]file{}
	sum := sha256.New()
	for _, m := range modules {
		if !published(m) {
			continue
		}
		found, err := collect(root, m.Dir)
		if err != nil {
			return "", fmt.Errorf("release: reading %s: %w", m.Dir, err)
		}
		for _, f := range found {
			text, err := os.ReadFile(f.disk)
			if err != nil {
				return "", fmt.Errorf("release: %w", err)
			}
			sum.Write(fmt.Appendf(nil, "%s %s %d\n", m.Dir, f.name, len(text)))
			sum.Write(text)
		}
		files[m.Dir] = found
	}
	version := "v0.0.0-pack-" + hex.EncodeToString(sum.Sum(nil))[:12]
	for _, m := range modules {
		if files[m.Dir] == nil {
			continue
		}
		if err := write(dir, m, version, files[m.Dir]); err != nil {
			return "", fmt.Errorf("release: packing %s: %w", m.Dir, err)
		}
	}
	return version, nil
}

// collect returns the files of one module, the repository's license among them.
func collect(root, dir string) ([]file, error) {
	top := filepath.Join(root, filepath.FromSlash(dir))
	var files []file
	license := false
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, err := os.Lstat(filepath.Join(path, "go.mod"))
			if path != top && (workspace.Skipped(d.Name()) || err == nil) {
				return fs.SkipDir // no part of this module
			}
			return nil
		}
		name, err := filepath.Rel(top, path)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		license = license || name == "LICENSE"
		files = append(files, file{name: filepath.ToSlash(name), disk: path})
		return nil
	})
	if own := filepath.Join(root, "LICENSE"); err == nil && !license {
		if _, err := os.Stat(own); err == nil {
			files = append(files, file{name: "LICENSE", disk: own})
		}
	}
	return files, err
}

// write adds one version of a module to the proxy folder.
func write(dir string, m workspace.Module, version string, files []file) error {
	gomod, err := stamp(m.File, version)
	if err != nil {
		return err
	}
	for i := range files {
		if files[i].name == "go.mod" {
			files[i].text = gomod
		}
	}
	at := filepath.Join(dir, filepath.FromSlash(m.Path()), "@v")
	if err := os.MkdirAll(at, 0o750); err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string    `json:"Version"`
		Time    time.Time `json:"Time"`
	}{version, time.Unix(0, 0).UTC()})
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{"list": []byte(version + "\n"), version + ".info": info, version + ".mod": gomod} {
		if err := os.WriteFile(filepath.Join(at, name), text, 0o600); err != nil {
			return err
		}
	}
	archive, err := os.Create(filepath.Join(at, version+".zip"))
	if err != nil {
		return err
	}
	list := make([]zip.File, len(files))
	for i, f := range files {
		list[i] = f
	}
	err = zip.Create(archive, module.Version{Path: m.Path(), Version: version}, list)
	if closed := archive.Close(); err == nil {
		err = closed
	}
	return err
}

// stamp returns the go.mod with every requirement of a module of ours at version.
func stamp(f *modfile.File, version string) ([]byte, error) {
	before, err := f.Format()
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse("go.mod", before, nil) // a copy: the module itself is used again
	if err != nil {
		return nil, err
	}
	for _, r := range f.Require {
		if strings.HasPrefix(r.Mod.Path, workspace.Prefix) {
			if err := mod.AddRequire(r.Mod.Path, version); err != nil {
				return nil, err
			}
		}
	}
	return mod.Format()
}
