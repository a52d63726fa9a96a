-- Makes a process follow a conversation and answers what happened after a position, in one step: no gap.
-- KEYS 1 meta  2 log
-- ARGV 1 generation  2 process  3 position (<offset>-<sub>)  4 follow for, in ms
-- {fields of meta, entries} | LOST
local meta = redis.call('HMGET', KEYS[1], 'e', 'g', 'p', 'f')
if not meta[1] then return {'LOST'} end
if meta[2] ~= ARGV[1] and meta[4] ~= 'ended' then return {'LOST'} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept = {ARGV[2] .. ':' .. (now + tonumber(ARGV[4]))}
for process, till in string.gmatch(meta[3] or '', '([^ :]+):(%d+)') do
  if process ~= ARGV[2] and tonumber(till) > now then kept[#kept + 1] = process .. ':' .. till end
end
redis.call('HSET', KEYS[1], 'p', table.concat(kept, ' '))
return {redis.call('HGETALL', KEYS[1]), redis.call('XRANGE', KEYS[2], '(' .. ARGV[3], '+')}
