//go:build !linux

package main

import "syscall"

// detached keeps the terminal's Ctrl-C away from a server.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
