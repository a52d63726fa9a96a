-- Says again that a person is in a conversation. The line wins: a ticket that waits is not taken out of it.
-- argument: {ticket person}
-- answer: {pairing} | {"refused": "not_yours"}
local id = argument.ticket
local pairing = load(PAIRINGS, id)
if redis.call('HEXISTS', TICKETS, id) == 1 or (pairing and pairing.person ~= argument.person) then
  return cjson.encode({refused = 'not_yours'})
end
pairing = pairing or {person = argument.person, fence = draw(), process = context.process}
pairing.confirmed = true
put(PAIRINGS, id, pairing)
never('u:' .. id)
at('p:' .. id, math.max(now + context.lease, tonumber(redis.call('ZSCORE', DUE, 'p:' .. id) or '0')))
make_room(argument.person)
pairing.id = id
return finish({pairing = pairing})
