package kerniaredis

import "github.com/redis/go-redis/v9"

// scripts are the steps that no single command takes atomically. Each touches the one key it is given. Times are
// milliseconds since 1970 by our clock, which Lua's numbers hold exactly.
type scripts struct{ replace, add, join *redis.Script }

func newScripts() scripts {
	return scripts{redis.NewScript(replaceScript), redis.NewScript(addScript), redis.NewScript(joinScript)}
}

// now, entry, ttl (0: it has expired).
const replaceScript = `
local expires = tonumber(string.match(redis.call('GETRANGE', KEYS[1], 0, 20), '^(%-?%d+):'))
if not expires or expires <= tonumber(ARGV[1]) then
  return 0
end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1`

// now, bound, window, slack; a count is kept as "count:until".
const addScript = `
local now, count, till = tonumber(ARGV[1]), 0, 0
local held = redis.call('GET', KEYS[1])
if held then
  local n, t = string.match(held, '^(%d+):(%-?%d+)$')
  if not n then
    return redis.error_reply('WRONGTYPE not a count')
  end
  if tonumber(t) > now then
    count, till = tonumber(n), tonumber(t)
  end
end
if count >= tonumber(ARGV[2]) then
  return {0, count, till}
end
count, till = count + 1, now + tonumber(ARGV[3])
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', count, till), 'PX', string.format('%.0f', ARGV[3] + ARGV[4]))
return {1, count, till}`

// expires, member, ttl, forgotten: those that expired before it are dropped for good.
const joinScript = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4])
redis.call('ZADD', KEYS[1], 'GT', ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1`
