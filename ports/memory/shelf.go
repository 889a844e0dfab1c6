package memory

import "container/heap"

// A shelf maps keys to items that expire and knows which expires next.
type shelf[K comparable, V any] struct {
	items map[K]*item[K, V]
	queue queue[K, V]
}

type item[K comparable, V any] struct {
	key   K
	value V
	until int64 // milliseconds since 1970
	place int   // in the queue
}

func newShelf[K comparable, V any]() *shelf[K, V] {
	return &shelf[K, V]{items: map[K]*item[K, V]{}}
}

func (s *shelf[K, V]) len() int { return len(s.queue) }

func (s *shelf[K, V]) get(key K) (v V, ok bool) {
	if i := s.items[key]; i != nil {
		return i.value, true
	}
	return v, false
}

func (s *shelf[K, V]) until(key K) (int64, bool) {
	if i := s.items[key]; i != nil {
		return i.until, true
	}
	return 0, false
}

func (s *shelf[K, V]) put(key K, until int64, v V) {
	if i := s.items[key]; i != nil {
		i.value, i.until = v, until
		heap.Fix(&s.queue, i.place)
		return
	}
	i := &item[K, V]{key: key, value: v, until: until}
	s.items[key] = i
	heap.Push(&s.queue, i)
}

func (s *shelf[K, V]) remove(key K) bool {
	i := s.items[key]
	if i == nil {
		return false
	}
	heap.Remove(&s.queue, i.place)
	delete(s.items, key)
	return true
}

// next returns when the item that expires next does; ok is false where there is none.
func (s *shelf[K, V]) next() (until int64, ok bool) {
	if len(s.queue) == 0 {
		return 0, false
	}
	return s.queue[0].until, true
}

// pop removes the item that expires next; there must be one.
func (s *shelf[K, V]) pop() (K, V) {
	i := heap.Pop(&s.queue).(*item[K, V])
	delete(s.items, i.key)
	return i.key, i.value
}

type queue[K comparable, V any] []*item[K, V]

func (q queue[K, V]) Len() int           { return len(q) }
func (q queue[K, V]) Less(i, j int) bool { return q[i].until < q[j].until }

func (q queue[K, V]) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *queue[K, V]) Push(x any) {
	i := x.(*item[K, V])
	i.place = len(*q)
	*q = append(*q, i)
}

func (q *queue[K, V]) Pop() any {
	old := *q
	i := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return i
}
