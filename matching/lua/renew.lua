-- Keeps tickets, pairings and desks alive.
-- argument: {tickets [id] desks [person]}
-- answer: {tickets [unknown id] desks [unknown person] taken [person whose desk another process holds]}
local tickets, desks, taken = {}, {}, {}
local until_then = now + context.lease
for _, id in ipairs(argument.tickets) do
  if redis.call('HEXISTS', TICKETS, id) == 1 then
    redis.call('ZADD', DUE, 'GT', until_then, 't:' .. id)
  elseif redis.call('HEXISTS', PAIRINGS, id) == 1 then
    redis.call('ZADD', DUE, 'GT', until_then, 'p:' .. id)
  else
    tickets[#tickets + 1] = id
  end
end
for _, person in ipairs(argument.desks) do
  local desk = load(DESKS, person)
  if not desk then
    desks[#desks + 1] = person
  elseif desk.process ~= context.process then
    taken[#taken + 1] = person
  else
    redis.call('ZADD', DUE, 'GT', until_then, 'd:' .. person)
    changed[person] = true
  end
end
local answer = {tickets = tickets, desks = desks, taken = taken}
-- A desk that comes only now was freed by a version that knows nothing of those to be asked next.
if rerank() then return finish(answer) end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, context.live) end
return cjson.encode(answer)
