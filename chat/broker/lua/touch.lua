-- Says that authors are connected to this process, keeps conversations for their time, and answers where each
-- stands and how long each of its authors has been silent.
-- KEYS meta and log for each conversation
-- ARGV 1 generation  2 process  3 time to live in ms  4 follow for, in ms
--      5.. for each conversation: "author ms author ms ..." of those connected here and since when not heard of
-- for each conversation: {epoch, offset, sub, author, ms, ...} | {LOST}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local own = ARGV[2] .. ':' .. (now + tonumber(ARGV[4]))
local function touch(key, log, here)
  local meta = redis.call('HMGET', key, 'e', 'g', 'p', 'o', 's', 'f')
  if not meta[1] or meta[2] ~= ARGV[1] then return {'LOST'} end
  local answer = {meta[1], tonumber(meta[4]), tonumber(meta[5])}
  if meta[6] == 'ended' then return answer end
  local kept = {own}
  for process, till in string.gmatch(meta[3] or '', '([^ :]+):(%d+)') do
    if process ~= ARGV[2] and tonumber(till) > now then kept[#kept + 1] = process .. ':' .. till end
  end
  local changes = {'p', table.concat(kept, ' ')}
  for author, silent in string.gmatch(here, '(%S+) (%d+)') do
    changes[#changes + 1] = 't:' .. author
    changes[#changes + 1] = now - tonumber(silent)
  end
  redis.call('HSET', key, unpack(changes))
  redis.call('PEXPIRE', key, ARGV[3])
  redis.call('PEXPIRE', log, ARGV[3])
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 2) == 't:' then
      answer[#answer + 1] = string.sub(fields[i], 3)
      answer[#answer + 1] = now - tonumber(fields[i + 1])
    end
  end
  return answer
end
local answers = {}
for i = 1, #KEYS / 2 do answers[i] = touch(KEYS[2 * i - 1], KEYS[2 * i], ARGV[4 + i]) end
return answers
