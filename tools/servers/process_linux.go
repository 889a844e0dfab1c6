package main

import "syscall"

// detached keeps the terminal's Ctrl-C away from a server and ends the server with this process, however that ends.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}
