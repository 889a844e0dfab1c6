package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// request spells an OP_MSG whose body is {command: 1}.
func request(command string, flags uint32) message {
	body := append([]byte{0x10}, command...)
	body = append(body, 0, 1, 0, 0, 0, 0)
	m := make(message, headerSize+4+1+4, headerSize+4+1+4+len(body))
	binary.LittleEndian.PutUint32(m[12:], opMsg)
	binary.LittleEndian.PutUint32(m[headerSize:], flags)
	binary.LittleEndian.PutUint32(m[headerSize+5:], uint32(4+len(body)))
	m = append(m, body...)
	binary.LittleEndian.PutUint32(m, uint32(len(m)))
	return m
}

func TestMessage(t *testing.T) {
	for command, writes := range map[string]bool{
		"find": false, "ping": false, "hello": false, "insert": true, "update": true, "delete": true,
		"findAndModify": true, "createIndexes": true, "somethingNew": true,
	} {
		m := request(command, 0)
		if got := m.command(); got != command {
			t.Errorf("command() = %q, want %q", got, command)
		}
		if got := m.writes(); got != writes {
			t.Errorf("writes() of %s = %v, want %v", command, got, writes)
		}
	}
	if !request("insert", moreToCome).silent() || request("insert", 0).silent() {
		t.Error("silent() does not follow the moreToCome flag")
	}
	if _, err := readMessage(strings.NewReader("\xff\xff\xff\x7f")); err == nil {
		t.Error("readMessage takes a message of 2 GiB")
	}
}

// TestProxy holds a server that counts how many writes are in it at once.
func TestProxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var inside, most atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for {
					m, err := readMessage(c)
					if err != nil {
						return
					}
					n := inside.Add(1)
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
					time.Sleep(time.Millisecond) // room for a second one to come in
					inside.Add(-1)
					if _, err := c.Write(m); err != nil {
						return
					}
				}
			}()
		}
	}()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	p := &proxy{upstream: l.Addr().String()}
	go p.accept(t.Context(), front)

	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			c, err := net.Dial("tcp", front.Addr().String())
			if err != nil {
				done <- err
				return
			}
			defer c.Close()
			for range 10 {
				if _, err = c.Write(request("update", 0)); err != nil {
					break
				}
				if _, err = readMessage(c); err != nil {
					break
				}
			}
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if got := most.Load(); got != 1 {
		t.Errorf("%d writes were in the server at once, want 1", got)
	}
}

func TestServe(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, w) }()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "mongodb://"), "/"))
	if err != nil {
		t.Fatalf("%q does not listen: %v", line, err)
	}
	c.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("serve() = %v, want nil", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "mongostandin*")); len(left) > 0 {
		t.Errorf("serve left %v behind", left)
	}
}
