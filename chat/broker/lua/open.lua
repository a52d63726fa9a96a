-- Starts the stream of a conversation, or starts it anew when Redis lost it or is another Redis now.
-- What is there already wins, so that two processes that start it at once agree.
-- KEYS 1 meta  2 log
-- ARGV 1 generation  2 epoch  3 wrapped key  4 time to live in ms  5 phase  6 number of counts
--      7.. author and n for each count, then the moves so far, one event each
-- OK epoch | HERE epoch
local meta = redis.call('HMGET', KEYS[1], 'e', 'g', 'f')
if meta[1] and (meta[2] == ARGV[1] or meta[3] == 'ended') then return {'HERE', meta[1]} end
redis.call('DEL', KEYS[1], KEYS[2])
local at = 7
for _ = 1, tonumber(ARGV[6]) do
  redis.call('HSET', KEYS[1], 'n:' .. ARGV[at], ARGV[at + 1])
  at = at + 2
end
local moves = 0
for i = at, #ARGV do
  moves = moves + 1
  redis.call('XADD', KEYS[2], '0-' .. moves, 'd', ARGV[i])
end
redis.call('HSET', KEYS[1], 'e', ARGV[2], 'g', ARGV[1], 'k', ARGV[3], 'f', ARGV[5], 'o', 0, 's', moves, 'v', moves)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return {'OK', ARGV[2]}
