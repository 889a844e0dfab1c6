package kerniaredis

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// AddMember implements [ports.Groups]. A group is a sorted set of its members by expiry.
func (k *KV) AddMember(ctx context.Context, group, member string, expires time.Time) error {
	if err := checkKeys("add member", group, member); err != nil {
		return err
	}
	now, ttl := k.now(), k.ttl(expires)
	_, err := do(ctx, "add member", func() (struct{}, error) {
		if ttl == 0 { // it has expired already, and an earlier AddMember of it counts on
			return struct{}{}, nil
		}
		forgotten := now - slack.Milliseconds()
		return struct{}{}, k.script.join.Run(ctx, k.client, []string{k.group(group)}, expires.UnixMilli(), member, ttl, forgotten).Err()
	})
	return err
}

// Members implements [ports.Groups].
func (k *KV) Members(ctx context.Context, group string) ([]string, error) {
	if err := checkKeys("members", group); err != nil {
		return nil, err
	}
	alive := &redis.ZRangeBy{Min: "(" + strconv.FormatInt(k.now(), 10), Max: "+inf"}
	names, err := do(ctx, "members", func() ([]string, error) {
		return k.client.ZRangeByScore(ctx, k.group(group), alive).Result()
	})
	slices.Sort(names)
	return names, err
}

// RemoveMembers implements [ports.Groups].
func (k *KV) RemoveMembers(ctx context.Context, group string, members ...string) error {
	if err := checkKeys("remove members", append([]string{group}, members...)...); err != nil {
		return err
	}
	names := make([]any, len(members))
	for i, name := range members {
		names[i] = name
	}
	_, err := do(ctx, "remove members", func() (struct{}, error) {
		if len(names) == 0 {
			return struct{}{}, nil
		}
		return struct{}{}, k.client.ZRem(ctx, k.group(group), names...).Err()
	})
	return err
}

func (k *KV) group(name string) string { return k.prefix + "g:" + name }
