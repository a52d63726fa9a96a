-- Adds one move, if nobody moved since it was decided, and wakes every other process that follows.
-- KEYS 1 meta  2 log
-- ARGV 1 generation  2 moves seen  3 event  4 own process  5 channel prefix  6 conversation  7 phase after
--      8.. pairs of further fields to set
-- OK offset sub | CONFLICT | LOST
local meta = redis.call('HMGET', KEYS[1], 'e', 'g', 'v', 'o', 's', 'p')
if not meta[1] or meta[2] ~= ARGV[1] then return {'LOST'} end
if meta[3] ~= ARGV[2] then return {'CONFLICT'} end
local sub = tonumber(meta[5]) + 1
local id = meta[4] .. '-' .. sub
redis.call('HSET', KEYS[1], 's', sub, 'v', tonumber(meta[3]) + 1, 'f', ARGV[7])
for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('XADD', KEYS[2], id, 'd', ARGV[3])
local message = ARGV[6] .. ' ' .. meta[1] .. ' ' .. id .. ' ' .. ARGV[3]
for process in string.gmatch(meta[6] or '', '([^ :]+):') do
  if process ~= ARGV[4] then redis.call('SPUBLISH', ARGV[5] .. process, message) end
end
return {'OK', tonumber(meta[4]), sub}
