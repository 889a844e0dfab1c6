package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startup bounds how long a server may take until it answers.
const startup = 30 * time.Second

// background starts cmd, keeps the end of its output for an error, and waits until ready reports true.
// The stop that it returns sends the signal and, where that does not help, kills.
func background(cmd *exec.Cmd, end syscall.Signal, ready func() bool) (func(), error) {
	log := &tail{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	stop := func() {
		_ = cmd.Process.Signal(end)
		select {
		case <-done:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			<-done
		}
	}
	deadline := time.Now().Add(startup)
	for !ready() {
		select {
		case <-done:
			return nil, fmt.Errorf("it ended at once: %s", log)
		case <-time.After(30 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			stop()
			return nil, fmt.Errorf("no answer within %v: %s", startup, log)
		}
	}
	return stop, nil
}

// freePort returns a port of the loopback interface that nobody listens on.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return "", errors.New("no TCP port")
	}
	return strconv.Itoa(tcp.Port), nil
}

// lookup returns the first of the programs that there is.
func lookup(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", names[0])
}

// A tail is a writer that keeps the last two KiB. Only the process that writes it and, once that has ended or is
// given up, its starter use it.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - 2048; over > 0 {
		t.kept = t.kept[over:]
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.kept)) }

func root() bool { return os.Geteuid() == 0 }
