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
return redis.call('HGETALL', ARGV[1] .. due[1] .. ':m')
