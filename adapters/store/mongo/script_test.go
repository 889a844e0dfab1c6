package kerniamongo_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	kerniamongo "github.com/kernia-go/kernia/adapters/store/mongo"
)

// A script is a MongoDB server whose answers a test writes: what only a replica set or a server in trouble says. It
// proves what this package sends and makes of an answer, nothing about a real server.
type script struct {
	t      *testing.T
	answer func(name string, cmd bson.Raw) bson.D // nil stands for {ok: 1}

	mu    sync.Mutex
	heard []bson.Raw // all but handshakes
}

// scripted returns a store on a scripted replica set.
func scripted(t *testing.T, answer func(name string, cmd bson.Raw) bson.D, settings ...string) (*kerniamongo.Store, *script) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, answer: answer}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	uri := "mongodb://" + l.Addr().String() + "/?directConnection=true&retryWrites=false&retryReads=false"
	for _, setting := range settings {
		uri += "&" + setting
	}
	client, err := mongo.Connect(t.Context(), options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		_ = client.Disconnect(context.Background()) //nolint:usetesting // the test's own context has ended
	})
	return kerniamongo.New(client.Database("app")), s
}

func (s *script) serve(c net.Conn) {
	defer c.Close()
	for {
		head := make([]byte, 16)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		body := make([]byte, binary.LittleEndian.Uint32(head)-16)
		if _, err := io.ReadFull(c, body); err != nil {
			return
		}
		var reply []byte
		if binary.LittleEndian.Uint32(head[12:]) == 2004 { // OP_QUERY, of the first handshake; OP_REPLY answers it
			reply = append(binary.LittleEndian.AppendUint32(nil, 1), make([]byte, 16)...)
			reply = append(binary.LittleEndian.AppendUint32(reply[:20], 1), marshal(s.t, s.reply("hello", nil))...)
			reply = append(make([]byte, 0, len(reply)), reply[4:]...)
			s.send(c, head, 1, reply)
			continue
		}
		cmd := document(body)
		elements, _ := cmd.Elements()
		s.send(c, head, 2013, append(make([]byte, 5), marshal(s.t, s.reply(elements[0].Key(), cmd))...))
	}
}

// document returns the body of an OP_MSG with its document sequences put into it.
func document(msg []byte) bson.Raw {
	var whole bson.D
	for msg = msg[4:]; len(msg) > 0; {
		kind := msg[0]
		size := int(binary.LittleEndian.Uint32(msg[1:]))
		part := msg[1 : 1+size]
		msg = msg[1+size:]
		if kind == 0 {
			var d bson.D
			_ = bson.Unmarshal(part, &d)
			whole = append(d, whole...)
			continue
		}
		end := 4
		for part[end] != 0 {
			end++
		}
		list := bson.A{}
		for docs := part[end+1:]; len(docs) > 0; {
			n := binary.LittleEndian.Uint32(docs)
			list = append(list, bson.Raw(docs[:n]))
			docs = docs[n:]
		}
		whole = append(whole, bson.E{Key: string(part[4:end]), Value: list})
	}
	raw, _ := bson.Marshal(whole)
	return raw
}

func (s *script) send(c net.Conn, request []byte, op uint32, body []byte) {
	m := binary.LittleEndian.AppendUint32(nil, uint32(16+len(body)))
	m = binary.LittleEndian.AppendUint32(m, 1)
	m = append(m, request[4:8]...)
	m = binary.LittleEndian.AppendUint32(m, op)
	_, _ = c.Write(append(m, body...))
}

func (s *script) reply(name string, cmd bson.Raw) bson.D {
	switch name {
	case "hello", "isMaster", "ismaster":
		return bson.D{
			{Key: "ok", Value: 1},
			{Key: "isWritablePrimary", Value: true},
			{Key: "ismaster", Value: true},
			{Key: "helloOk", Value: true},
			{Key: "setName", Value: "rs"},
			{Key: "minWireVersion", Value: 0},
			{Key: "maxWireVersion", Value: 21},
			{Key: "maxBsonObjectSize", Value: 16777216},
			{Key: "maxMessageSizeBytes", Value: 48000000},
			{Key: "maxWriteBatchSize", Value: 100000},
			{Key: "logicalSessionTimeoutMinutes", Value: 30},
		}
	case "buildInfo", "endSessions", "ping":
		return bson.D{{Key: "ok", Value: 1}, {Key: "version", Value: "7.0.0"}}
	}
	s.mu.Lock()
	s.heard = append(s.heard, cmd)
	s.mu.Unlock()
	if d := s.answer(name, cmd); d != nil {
		return d
	}
	return bson.D{{Key: "ok", Value: 1}}
}

// names returns the names of the commands so far.
func (s *script) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, cmd := range s.heard {
		elements, _ := cmd.Elements()
		names = append(names, elements[0].Key())
	}
	return names
}

func marshal(t *testing.T, d any) []byte {
	raw, err := bson.Marshal(d)
	if err != nil {
		t.Error(err)
	}
	return raw
}

// refused is how a server reports that a command failed.
func refused(code int, message string, labels ...string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "codeName", Value: "Name"}, {Key: "errmsg", Value: message}, {Key: "errorLabels", Value: labels}}
}

// batch is how a server answers find and aggregate.
func batch(docs ...bson.D) bson.D {
	return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
		{Key: "id", Value: int64(0)}, {Key: "ns", Value: "app.x"}, {Key: "firstBatch", Value: append([]bson.D{}, docs...)},
	}}}
}
