package kvtest

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/kernia-go/kernia/ports"
)

func groupPromises() []promise {
	return []promise{
		{"ListsMembersSorted", listsSorted},
		{"MembersExpireEachOnTheirOwn_E07", membersExpire},
		{"JoinTwiceKeepsTheLaterExpiry", joinsTwice},
		{"KeepsMembersThatExpireFarAhead", keepsFarMembers},
		{"LeaveRemoves", leaves},
		{"KeepsHostileGroupsApart", keepsGroups},
		{"JoinsManyAtOnce", joinsMany},
		{"SharesGroupsBetweenValues", sharesGroups},
		{"NeverConfusesGroupsAndEntries", groupsAreNoEntries},
	}
}

func (p *probe) join(kv ports.Groups, group, name string, ttl time.Duration) {
	p.Helper()
	if err := kv.AddMember(p.Context(), group, name, p.at(ttl)); err != nil {
		p.Errorf("AddMember(%s, %s) = %v, want nil", short(group), short(name), err)
	}
}

func (p *probe) leave(kv ports.Groups, group string, names ...string) {
	p.Helper()
	if err := kv.RemoveMembers(p.Context(), group, names...); err != nil {
		p.Errorf("RemoveMembers(%s) of %d = %v, want nil", short(group), len(names), err)
	}
}

func (p *probe) members(kv ports.Groups, group string, want ...string) {
	p.Helper()
	if got, err := kv.Members(p.Context(), group); err != nil || !slices.Equal(got, want) {
		p.Errorf("Members(%s) = %q, %v, want %q", short(group), got, err, want)
	}
}

func listsSorted(p *probe) {
	kv := p.groups()
	p.members(kv, "group")
	for i, name := range []string{"b", "10", "é", "a", "9", "B", "z"} {
		p.join(kv, "group", name, time.Hour-time.Duration(i)*time.Minute)
	}
	p.members(kv, "group", "10", "9", "B", "a", "b", "z", "é")
}

func membersExpire(p *probe) {
	kv := p.groups()
	p.join(kv, "group", "long", time.Hour)
	p.join(kv, "group", "short", time.Second)
	p.clock.Advance(time.Second - time.Millisecond)
	p.members(kv, "group", "long", "short")
	p.clock.Advance(time.Millisecond)
	p.members(kv, "group", "long")
	p.join(kv, "group", "new", time.Minute)
	p.members(kv, "group", "long", "new")
	p.clock.Advance(time.Hour)
	p.members(kv, "group")
	p.join(kv, "group", "short", time.Second)
	p.members(kv, "group", "short")
}

func joinsTwice(p *probe) {
	kv := p.groups()
	p.join(kv, "group", "prolonged", time.Second)
	p.join(kv, "group", "prolonged", time.Minute)
	p.join(kv, "group", "kept", time.Minute)
	p.join(kv, "group", "kept", time.Second)
	p.members(kv, "group", "kept", "prolonged")
	p.clock.Advance(time.Minute - time.Millisecond)
	p.members(kv, "group", "kept", "prolonged")
	p.clock.Advance(time.Millisecond)
	p.members(kv, "group")
}

func keepsFarMembers(p *probe) {
	kv := p.groups()
	far := time.Date(2099, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	p.join(kv, "group", "far", far.Sub(p.clock.Now()))
	p.join(kv, "group", "near", time.Second)
	p.clock.Advance(far.Sub(p.clock.Now()) - time.Millisecond)
	p.members(kv, "group", "far")
	p.clock.Advance(time.Millisecond)
	p.members(kv, "group")
}

func leaves(p *probe) {
	kv := p.groups()
	p.leave(kv, "unknown", "nobody")
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("member %03d", i))
		p.join(kv, "group", names[i], time.Minute)
	}
	p.leave(kv, "group")
	p.leave(kv, "other", names...)
	p.members(kv, "group", names...)
	p.leave(kv, "group", append(names[2:], "nobody", names[2])...)
	p.members(kv, "group", names[:2]...)
	p.join(kv, "group", names[7], time.Minute)
	p.members(kv, "group", names[0], names[1], names[7])
	p.leave(kv, "group", names[0], names[1], names[7])
	p.members(kv, "group")
}

func keepsGroups(p *probe) {
	kv := p.groups()
	for i, group := range hostile() {
		p.join(kv, group, strconv.Itoa(i), time.Minute)
	}
	for i, group := range hostile() {
		p.members(kv, group, strconv.Itoa(i))
	}
	names := hostile()
	slices.Sort(names)
	for _, name := range names {
		p.join(kv, "group", name, time.Minute)
	}
	p.members(kv, "group", names...)
}

func joinsMany(p *probe) {
	kv := p.groups()
	var failed atomic.Int64
	var want []string
	for i := range 64 {
		want = append(want, fmt.Sprintf("member %02d", i))
	}
	race(64, func(i int) {
		if err := kv.AddMember(p.Context(), "group", want[i], p.at(time.Minute)); err != nil {
			failed.Add(1)
		}
	})
	if failed.Load() != 0 {
		p.Errorf("%d of 64 could not join", failed.Load())
	}
	p.members(kv, "group", want...)
}

func sharesGroups(p *probe) {
	one := p.groups()
	two := p.groups()
	p.join(one, "group", "member", time.Minute)
	p.members(two, "group", "member")
	p.leave(two, "group", "member")
	p.members(one, "group")
}

func groupsAreNoEntries(p *probe) {
	kv := p.groups()
	p.join(kv, "key", "member", time.Hour)
	p.lacks(kv, "key")
	p.lacks(kv, "member")
	p.put(kv, "key", "value", time.Minute)
	p.add(kv, "key", ports.Limit{Bound: 1, Window: time.Minute}, allowed(1, time.Minute))
	p.members(kv, "key", "member")
	p.remove(kv, "key", "member")
	p.members(kv, "key", "member")
	p.put(kv, "key", "value", time.Minute)
	p.leave(kv, "key", "member")
	p.holds(kv, "key", "value")
}
