-- Notes up to which message of an author the counterpart's device has shown, and tells the other processes.
-- What is to be told to one process of several conversations is told at once.
-- KEYS meta for each mark
-- ARGV 1 generation  2 own process
--      3.. for each mark: channel prefix, conversation, author, shown up to n
-- for each mark: 1 | 0 where that was known, or there is no such conversation
local answers, told, prefixes = {}, {}, {}
for i = 1, #KEYS do
  local a = 4 * i - 1
  local author, n = ARGV[a + 2], ARGV[a + 3]
  local meta = redis.call('HMGET', KEYS[i], 'g', 'p', 'h:' .. author)
  answers[i] = 0
  if meta[1] == ARGV[1] and tonumber(n) > tonumber(meta[3] or '0') then
    answers[i] = 1
    redis.call('HSET', KEYS[i], 'h:' .. author, n)
    for process in string.gmatch(meta[2] or '', '([^ :]+):') do
      if process ~= ARGV[2] then
        told[process] = (told[process] or '- - -') .. ' ' .. ARGV[a + 1] .. ' ' .. author .. ' ' .. n
        prefixes[process] = ARGV[a]
      end
    end
  end
end
for process, marks in pairs(told) do redis.call('SPUBLISH', prefixes[process] .. process, marks) end
return answers
