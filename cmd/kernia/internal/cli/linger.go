package cli

import (
	"io"
	"net"
	"sync"
	"time"
)

// linger is how long a closed connection still takes what its client has to say.
const linger = 2 * time.Second

// A lingering listener's connections do not close on a client that still writes: closing with unread bytes resets the
// connection, and the client loses the answer. net/http waits by itself, Fiber does not.
type lingering struct{ net.Listener }

func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingerConn{Conn: c}, nil
}

type lingerConn struct {
	net.Conn
	once sync.Once
}

// Close tells the client that nothing more comes, reads on for a while and then closes. It does not wait for that.
func (c *lingerConn) Close() error {
	var err error
	c.once.Do(func() {
		half, ok := c.Conn.(interface{ CloseWrite() error })
		if !ok || half.CloseWrite() != nil || c.SetReadDeadline(time.Now().Add(linger)) != nil {
			err = c.Conn.Close()
			return
		}
		go func() {
			_, _ = io.Copy(io.Discard, c.Conn)
			_ = c.Conn.Close()
		}()
	})
	return err
}
