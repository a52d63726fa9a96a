-- What the board and the expected wait are made of; changes nothing.
-- argument: {}
-- answer: {now waiting urgent longest offers pairings desks [{capacity load paused}] paces [ms]}
local loads, desks, pairings, joined, urgent, offers = {}, {}, 0, now, 0, 0
for _, raw in ipairs(redis.call('HVALS', PAIRINGS)) do
  local person = cjson.decode(raw).person
  loads[person], pairings = (loads[person] or 0) + 1, pairings + 1
end
local all = redis.call('HGETALL', DESKS)
for i = 1, #all, 2 do
  local desk = cjson.decode(all[i + 1])
  desks[#desks + 1] = {person = all[i], capacity = desk.capacity, load = loads[all[i]] or 0, paused = desk.paused}
end
for _, raw in ipairs(redis.call('HVALS', TICKETS)) do
  local ticket = cjson.decode(raw)
  joined = math.min(joined, ticket.joined)
  if ticket.urgent then urgent = urgent + 1 end
  if ticket.offer then offers = offers + 1 end
end
return cjson.encode({now = now, waiting = redis.call('ZCARD', ORDER), urgent = urgent, longest = now - joined,
  offers = offers, pairings = pairings, desks = desks, paces = redis.call('LRANGE', PACES, 0, -1)})
