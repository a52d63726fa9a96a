-- Adds one message at its author's next count, and wakes every other process that follows.
-- KEYS 1 meta  2 log
-- ARGV 1 generation  2 author  3 n  4 event  5 own process  6 channel prefix  7 conversation  8 most messages
-- OK offset epoch | DUP offset | GAP last | LOST | ENDED | FULL
local meta = redis.call('HMGET', KEYS[1], 'e', 'g', 'f', 'o', 'p', 'n:' .. ARGV[2])
if not meta[1] or meta[2] ~= ARGV[1] then return {'LOST'} end
if meta[3] == 'ended' then return {'ENDED'} end
local n, last = tonumber(ARGV[3]), tonumber(meta[6] or '0')
if n <= last then return {'DUP', tonumber(meta[4])} end
if n ~= last + 1 then return {'GAP', last} end
local offset = tonumber(meta[4]) + 1
if offset > tonumber(ARGV[8]) then return {'FULL'} end
redis.call('HSET', KEYS[1], 'o', offset, 's', 0, 'n:' .. ARGV[2], n)
redis.call('XADD', KEYS[2], offset .. '-0', 'd', ARGV[4])
local message = ARGV[7] .. ' ' .. meta[1] .. ' ' .. offset .. '-0 ' .. ARGV[4]
for process in string.gmatch(meta[5] or '', '([^ :]+):') do
  if process ~= ARGV[5] then redis.call('SPUBLISH', ARGV[6] .. process, message) end
end
return {'OK', offset, meta[1]}
