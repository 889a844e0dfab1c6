package tablekv

import (
	"sync/atomic"
	"time"
)

const sweepEvery = time.Minute

// A sweeper says when it is time to remove what has expired: at most once a minute in this process, at the first
// write that asks. The zero sweeper has never swept.
type sweeper struct{ last atomic.Int64 } // in milliseconds

// due reports whether to sweep now; of several callers at once one is told so.
func (s *sweeper) due(now time.Time) bool {
	last := s.last.Load()
	return now.UnixMilli()-last >= sweepEvery.Milliseconds() && s.last.CompareAndSwap(last, now.UnixMilli())
}
