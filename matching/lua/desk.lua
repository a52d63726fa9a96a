-- Answers a desk as it stands, for a console that comes back; changes nothing.
-- argument: {person}
-- answer: {desk {capacity languages topics paused holding [ticket]}} | {}
local desk = load(DESKS, argument.person)
if not desk then return '{}' end
local holding = {}
local all = redis.call('HGETALL', PAIRINGS)
for i = 1, #all, 2 do
  if cjson.decode(all[i + 1]).person == argument.person then holding[all[i]] = true end
end
return cjson.encode({desk = {capacity = desk.capacity, languages = desk.languages, topics = desk.topics,
  paused = desk.paused, holding = holding}})
