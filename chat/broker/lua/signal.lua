-- Tells the other processes something that is not kept: typing, a connection that came or went.
-- KEYS 1 meta
-- ARGV 1 generation  2 own process  3 channel prefix  4 conversation  5 signal
local meta = redis.call('HMGET', KEYS[1], 'g', 'p')
if meta[1] ~= ARGV[1] then return 0 end
local message = ARGV[4] .. ' - - ' .. ARGV[5]
for process in string.gmatch(meta[2] or '', '([^ :]+):') do
  if process ~= ARGV[2] then redis.call('SPUBLISH', ARGV[3] .. process, message) end
end
return 1
