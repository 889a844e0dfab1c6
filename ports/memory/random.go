package memory

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/kernia-go/kernia/ports"
)

// A PredictableRandom is a [ports.Random] that gives the same bytes for the same seed, so that a test can be
// repeated. Everything made from it can be foretold: never give one to a program that serves people. The zero
// PredictableRandom has the seed 0.
type PredictableRandom struct {
	mu    sync.Mutex
	seed  uint64
	block uint64
	rest  []byte
}

var _ ports.Random = (*PredictableRandom)(nil)

// NewPredictableRandom returns a PredictableRandom with a seed.
func NewPredictableRandom(seed uint64) *PredictableRandom { return &PredictableRandom{seed: seed} }

// Read fills p; it never fails.
func (r *PredictableRandom) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := 0; n < len(p); {
		if len(r.rest) == 0 {
			b := binary.BigEndian.AppendUint64(nil, r.seed)
			sum := sha256.Sum256(binary.BigEndian.AppendUint64(b, r.block))
			r.block++
			r.rest = sum[:]
		}
		c := copy(p[n:], r.rest)
		n, r.rest = n+c, r.rest[c:]
	}
	return len(p), nil
}
