-- Takes one ended conversation of a bucket that is due to be counted; exactly one caller gets it.
-- KEYS 1 settle
-- ARGV 1 key prefix of a conversation  2 'now' to take what is not due yet too
-- fields of the remainder | false
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000
if ARGV[2] == 'now' then now = '+inf' end
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 1)
if #due == 0 then return false end
redis.call('ZREM', KEYS[1], due[1])
local name = ARGV[1] .. due[1] .. ':m'
local facts = redis.call('HGETALL', name)
if #facts == 0 then return facts end
-- What is left only says that the conversation is over, to whoever still asks.
for i = 1, #facts, 2 do
  if not ({e = 1, g = 1, v = 1, o = 1, s = 1, f = 1, p = 1, ['end'] = 1})[facts[i]] then
    redis.call('HDEL', name, facts[i])
  end
end
redis.call('HSET', name, 'counted', 1)
return facts
