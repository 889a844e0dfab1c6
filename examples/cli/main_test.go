package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgram builds the tool and runs each of its commands as a process of its own.
func TestProgram(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "cli")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	home := t.TempDir()
	for _, step := range []struct {
		args, in string
		ok       bool
		want     string
	}{
		{"whoami", "", false, "Unauthorized"},
		{"sign-up Ann ann@example.com", "short\n", false, "Password too short"},
		{"sign-up Ann ann@example.com", "correct horse\n", true, ""},
		{"whoami", "", true, "Ann <ann@example.com>"},
		{"sign-out", "", true, ""},
		{"whoami", "", false, "Unauthorized"},
		{"sign-in ann@example.com", "battery staple", false, "Invalid email or password"},
		{"whoami", "", false, "Unauthorized"},
		{"sign-in ann@example.com", "correct horse", true, ""},
		{"whoami", "", true, "Ann <ann@example.com>"},
		{"nonsense", "", false, "usage"},
	} {
		cmd := exec.CommandContext(t.Context(), tool, strings.Fields(step.args)...)
		cmd.Env = append(cmd.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "AppData="+home)
		cmd.Stdin = strings.NewReader(step.in)
		out, err := cmd.CombinedOutput()
		if (err == nil) != step.ok || !strings.Contains(string(out), step.want) {
			t.Errorf("cli %s: %v, %q, want %q and success: %v", step.args, err, out, step.want, step.ok)
		}
	}
}
