-- Raises an author's count to what the author knows the counterpart has shown: after a loss, the author is
-- the authority on what need not be said again.
-- KEYS 1 meta
-- ARGV 1 generation  2 author  3 n
-- the count as it stands now | LOST
local meta = redis.call('HMGET', KEYS[1], 'g', 'n:' .. ARGV[2])
if meta[1] ~= ARGV[1] then return {'LOST'} end
local last = tonumber(meta[2] or '0')
if tonumber(ARGV[3]) > last then
  last = tonumber(ARGV[3])
  redis.call('HSET', KEYS[1], 'n:' .. ARGV[2], last)
end
return {'OK', last}
