package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/kernia-go/kernia/tools/internal/workspace"
)

func mongoStandIn() server {
	return server{
		name:  "mongo stand-in",
		env:   "KERNIA_TEST_MONGO_URL",
		hint:  "it is built from tools/mongostandin",
		start: startMongo,
	}
}

func startMongo(dir string) (string, func(), error) {
	path, err := buildMongo()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(path)
	cmd.Dir, cmd.SysProcAttr = dir, detached()
	log := &tail{}
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	first := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		first <- strings.TrimSpace(line)
	}()
	stop := func() { stopMongo(cmd, in) }
	select {
	case line := <-first:
		if strings.HasPrefix(line, "mongodb://") {
			return line, stop, nil
		}
		stop()
		return "", nil, fmt.Errorf("it printed %q: %s", line, log)
	case <-time.After(startup):
		stop()
		return "", nil, fmt.Errorf("no answer within %v: %s", startup, log)
	}
}

// stopMongo closes what the stand-in reads, which ends it.
func stopMongo(cmd *exec.Cmd, in io.Closer) {
	_ = in.Close()
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	_ = cmd.Wait()
}

// buildMongo returns the stand-in's program, built once for each state of its sources.
func buildMongo() (string, error) {
	top, err := workspace.Root(".")
	if err != nil {
		return "", err
	}
	source := filepath.Join(top, "tools", "mongostandin")
	sum, err := fingerprint(source)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(cache, "kernia", "mongostandin-"+sum)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	say("building the stand-in for MongoDB, once, which takes about two minutes")
	// Built aside and renamed, so that two runs at once never start half a file.
	fresh := fmt.Sprintf("%s.%d", path, os.Getpid())
	build := exec.Command("go", "build", "-o", fresh, ".")
	build.Dir, build.Env = source, append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building it: %w: %s", err, out)
	}
	return path, os.Rename(fresh, path)
}

// fingerprint names one state of the module in dir and of the compiler.
func fingerprint(dir string) (string, error) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	h := sha256.New()
	h.Write([]byte(runtime.Version()))
	var sources int
	for _, path := range files {
		if ext := filepath.Ext(path); ext != ".go" && ext != ".mod" && ext != ".sum" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		h.Write(fmt.Appendf(nil, "\n%s %d\n", filepath.Base(path), len(text)))
		h.Write(text)
		sources++
	}
	if sources == 0 {
		return "", errors.New("there is no source in " + dir)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
