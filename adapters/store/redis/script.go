package kerniaredis

import "github.com/redis/go-redis/v9"

// scripts are the steps that no single command takes. Each writes at most the one key it is given. Times are
// milliseconds since 1970 by our clock, which Lua's numbers hold exactly.
type scripts struct{ replace, add, swap, follow *redis.Script }

func newScripts() scripts {
	return scripts{redis.NewScript(replaceScript), redis.NewScript(addScript), redis.NewScript(swapScript), redis.NewScript(followScript)}
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

// now, old entry (”: none), entry, ttl (0: it has expired).
const swapScript = `
local now = tonumber(ARGV[1])
local held = redis.call('GET', KEYS[1])
if held then
  local expires = tonumber(string.match(held, '^(%-?%d+):'))
  if expires and expires <= now then
    held = false
  end
end
if (held or '') ~= ARGV[2] then
  return 0
end
if ARGV[4] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
return 1`

// how long the prefix of entries is; answers with the entry and the one it links to, with the first alone if it links to nothing or the
// server lets no script read the second, and with neither if one is missing.
const followScript = `
local from = redis.call('GET', KEYS[1])
if not from then
  return {}
end
local link = string.match(from, '^%-?%d+:([^\n]*)\n')
if not link then
  return {from}
end
local to = redis.pcall('GET', string.sub(KEYS[1], 1, ARGV[1]) .. link)
if type(to) == 'table' then
  return {from}
end
if not to then
  return {}
end
return {from, to}`
