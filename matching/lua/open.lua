-- Opens a desk, or changes it; the process that did so last holds it.
-- argument: {person capacity languages topics paused holding free}
-- answer: {done}
local person, desk = argument.person, load(DESKS, argument.person)
local free_since = math.min(argument.free or now, now)
if not desk then
  desk = {free = free_since, lapses = 0}
elseif desk.paused and not argument.paused then
  desk.free, desk.lapses = now, 0
end
desk.process, desk.capacity, desk.paused = context.process, argument.capacity, argument.paused
desk.languages, desk.topics = argument.languages, argument.topics
put(DESKS, person, desk)
at('d:' .. person, now + context.lease)
local holding = {}
for ticket in pairs(argument.holding) do holding[#holding + 1] = ticket end
table.sort(holding)
for _, ticket in ipairs(holding) do
  if redis.call('HEXISTS', TICKETS, ticket) == 0 and redis.call('HEXISTS', PAIRINGS, ticket) == 0 then
    put(PAIRINGS, ticket, {person = person, fence = draw(), process = context.process, confirmed = true})
    at('p:' .. ticket, now + context.lease)
  end
end
make_room(person)
return finish({done = true})
