package main

import (
	"net"
	"os/exec"
	"syscall"
)

func redis() server {
	return server{
		name:  "redis",
		env:   "KERNIA_TEST_REDIS_URL",
		hint:  "apt-get install redis-server",
		start: startRedis,
	}
}

func startRedis(dir string) (string, func(), error) {
	path, err := lookup("redis-server")
	if err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no")
	cmd.SysProcAttr = detached()
	stop, err := background(cmd, syscall.SIGTERM, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return "redis://127.0.0.1:" + port + "/0", stop, err
}
