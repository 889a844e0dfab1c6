package kerniaredis_test

import (
	"context"
	"fmt"
	"time"

	kerniaredis "github.com/kernia-go/kernia/adapters/store/redis"
	"github.com/kernia-go/kernia/ports"
)

func ExampleOpen() {
	ctx := context.Background()
	kv, err := kerniaredis.Open(ctx, url, kerniaredis.Options{Prefix: "example:"}) // url: redis://127.0.0.1:6379/0
	if err != nil {
		fmt.Println(err)
		return
	}
	defer kv.Close()

	if err := kv.Put(ctx, "state", ports.Entry{Value: "once", Expires: time.Now().Add(time.Minute)}); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		e, ok, err := kv.Take(ctx, "state")
		fmt.Printf("%q %t %v\n", e.Value, ok, err)
	}
	// Output:
	// "once" true <nil>
	// "" false <nil>
}
