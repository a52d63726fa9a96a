-- Ends a conversation: key and words are gone with this step; what the contact is made of stays for a while.
-- KEYS 1 meta  2 log  3 settle
-- ARGV 1 generation  2 moves seen  3 event  4 own process  5 channel prefix  6 conversation
--      7 ms to keep the remainder  8.. pairs of fields of the contact
-- OK offset sub | CONFLICT | LOST
local meta = redis.call('HMGET', KEYS[1], 'e', 'g', 'v', 'o', 's', 'p')
if not meta[1] or meta[2] ~= ARGV[1] then return {'LOST'} end
if meta[3] ~= ARGV[2] then return {'CONFLICT'} end
local sub = tonumber(meta[5]) + 1
redis.call('DEL', KEYS[1])
redis.call('UNLINK', KEYS[2])
redis.call('HSET', KEYS[1], 'e', meta[1], 'g', meta[2], 'v', tonumber(meta[3]) + 1, 'o', meta[4], 's', sub, 'f', 'ended', 'end', ARGV[3])
for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[7])
local time = redis.call('TIME')
local due = tonumber(time[1]) * 1000 + math.floor(tonumber(ARGV[7]) / 2)
redis.call('ZADD', KEYS[3], due, ARGV[6])
redis.call('PEXPIRE', KEYS[3], ARGV[7])
local message = ARGV[6] .. ' ' .. meta[1] .. ' ' .. meta[4] .. '-' .. sub .. ' ' .. ARGV[3]
for process in string.gmatch(meta[6] or '', '([^ :]+):') do
  if process ~= ARGV[4] then redis.call('SPUBLISH', ARGV[5] .. process, message) end
end
return {'OK', tonumber(meta[4]), sub}
