-- What the board and the expected wait are made of; changes nothing.
-- argument: {}
-- answer: {now waiting urgent longest offers pairings desks [{capacity load paused}] paces [ms]}
local loads, desks, joined, offers = loads_of_all(), {}, now, 0
local all = redis.call('HGETALL', DESKS)
for i = 1, #all, 2 do
  local desk = cjson.decode(all[i + 1])
  if desk.offer then offers = offers + 1 end
  desks[#desks + 1] = {person = all[i], capacity = desk.capacity, load = loads[all[i]] or 0, paused = desk.paused}
end
-- The scores of the line tell who is urgent and since when each of its three parts waits: see rank.
local urgent = redis.call('ZCOUNT', ORDER, '-inf', '(10000000000000')
for part = 0, 2 do
  local first = redis.call('ZRANGEBYSCORE', ORDER, part * 1e13, '(' .. string.format('%.0f', (part + 1) * 1e13),
    'WITHSCORES', 'LIMIT', 0, 1)[2]
  if first then joined = math.min(joined, tonumber(first) - part * 1e13) end
end
return cjson.encode({now = now, waiting = redis.call('ZCARD', ORDER), urgent = urgent, longest = now - joined,
  offers = offers, pairings = redis.call('HLEN', PAIRINGS), desks = desks, paces = redis.call('LRANGE', PACES, 0, -1)})
