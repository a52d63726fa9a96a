-- Tells the other processes something that is not kept: typing, shown, a connection that came or went.
-- KEYS 1 meta
-- ARGV 1 generation  2 own process  3 channel prefix  4 conversation  5 signal  6 author or ''  7 shown up to n
local meta = redis.call('HMGET', KEYS[1], 'g', 'p', 'h:' .. ARGV[6])
if meta[1] ~= ARGV[1] then return 0 end
if ARGV[6] ~= '' then
  if tonumber(ARGV[7]) <= tonumber(meta[3] or '0') then return 0 end
  redis.call('HSET', KEYS[1], 'h:' .. ARGV[6], ARGV[7])
end
local message = ARGV[4] .. ' - - ' .. ARGV[5]
for process in string.gmatch(meta[2] or '', '([^ :]+):') do
  if process ~= ARGV[2] then redis.call('SPUBLISH', ARGV[3] .. process, message) end
end
return 1
