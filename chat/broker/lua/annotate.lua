-- Adds to the remainder of an ended conversation what its people say afterwards.
-- KEYS 1 meta
-- ARGV pairs of fields
-- 1 | 0 when there is nothing to add to, or it has been counted
local meta = redis.call('HMGET', KEYS[1], 'f', 'counted')
if meta[1] ~= 'ended' or meta[2] then return 0 end
for i = 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
