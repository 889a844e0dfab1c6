// Package kerniaredis keeps Kernia's expiring values in Redis: it is a [ports.LinkedKV].
//
// It works with Redis 6.2 or newer, one server, a failover group behind Sentinel or a Cluster: every command and
// script needs one key. Several programs may share one server under different prefixes.
//
// An entry carries its own expiry, judged by the clock of this process. Redis is told to forget it one minute
// later, so that programs whose clocks differ by less agree. What Redis does to keys on its own is beyond this
// package: with a maxmemory-policy other than noeviction it may drop a live session or reset a rate limit, and
// a failover may lose the last writes, a Take among them.
package kerniaredis
