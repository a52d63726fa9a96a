-- Says that authors are connected to this process, keeps the conversation for its time, and answers where it
-- stands and how long each author has been silent.
-- KEYS 1 meta  2 log
-- ARGV 1 generation  2 process  3 time to live in ms  4 follow for, in ms
--      5.. pairs of an author connected here and the ms since it was last heard of
-- {epoch, offset, sub, author, ms, ...} | LOST
local meta = redis.call('HMGET', KEYS[1], 'e', 'g', 'p', 'o', 's', 'f')
if not meta[1] or meta[2] ~= ARGV[1] then return {'LOST'} end
if meta[6] == 'ended' then return {meta[1], tonumber(meta[4]), tonumber(meta[5])} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept = {ARGV[2] .. ':' .. (now + tonumber(ARGV[4]))}
for process, till in string.gmatch(meta[3] or '', '([^ :]+):(%d+)') do
  if process ~= ARGV[2] and tonumber(till) > now then kept[#kept + 1] = process .. ':' .. till end
end
redis.call('HSET', KEYS[1], 'p', table.concat(kept, ' '))
for i = 5, #ARGV, 2 do redis.call('HSET', KEYS[1], 't:' .. ARGV[i], now - tonumber(ARGV[i + 1])) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local answer = {meta[1], tonumber(meta[4]), tonumber(meta[5])}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == 't:' then
    answer[#answer + 1] = string.sub(fields[i], 3)
    answer[#answer + 1] = now - tonumber(fields[i + 1])
  end
end
return answer
