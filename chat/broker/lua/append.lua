-- Adds messages, each at its author's next count, and wakes every other process that follows.
-- KEYS meta and log for each message
-- ARGV 1 generation  2 own process  3 most messages
--      4.. for each message: channel prefix, conversation, author, n, event
-- for each message: {OK offset epoch} | {DUP offset} | {GAP last} | {LOST} | {ENDED} | {FULL}
local function add(key, log, prefix, conversation, author, n, event)
  local count = 'n:' .. author
  local meta = redis.call('HMGET', key, 'e', 'g', 'f', 'o', 'p', count)
  if not meta[1] or meta[2] ~= ARGV[1] then return {'LOST'} end
  if meta[3] == 'ended' then return {'ENDED'} end
  local last, offset = tonumber(meta[6] or '0'), tonumber(meta[4])
  if n <= last then return {'DUP', offset} end
  if n ~= last + 1 then return {'GAP', last} end
  offset = offset + 1
  if offset > tonumber(ARGV[3]) then return {'FULL'} end
  local at = offset .. '-0'
  redis.call('HSET', key, 'o', offset, 's', 0, count, n)
  redis.call('XADD', log, at, 'd', event)
  local message
  for process in string.gmatch(meta[5] or '', '([^ :]+):') do
    if process ~= ARGV[2] then
      message = message or conversation .. ' ' .. meta[1] .. ' ' .. at .. ' ' .. event
      redis.call('SPUBLISH', prefix .. process, message)
    end
  end
  return {'OK', offset, meta[1]}
end
local answers = {}
for i = 1, #KEYS / 2 do
  local a = 5 * i - 1
  answers[i] = add(KEYS[2 * i - 1], KEYS[2 * i], ARGV[a], ARGV[a + 1], ARGV[a + 2], tonumber(ARGV[a + 3]), ARGV[a + 4])
end
return answers
