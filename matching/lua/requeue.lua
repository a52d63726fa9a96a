-- Ends a ticket's pairing, if there is one, and puts it at the head with its original arrival.
-- argument: ticket {id joined urgent returned topic language mood wants avoid}
-- answer: {place total}
local id, ticket = argument.id, argument
ticket.id = nil
local pairing, known = load(PAIRINGS, id), load(TICKETS, id)
ticket.joined, ticket.process, ticket.passed, ticket.returned = math.min(ticket.joined, now), context.process, {}, true
if pairing then
  unpair(id)
  free(pairing.person)
end
if known then
  ticket.joined, ticket.urgent = math.min(ticket.joined, known.joined), ticket.urgent or known.urgent
  ticket.passed, ticket.offer = known.passed, known.offer
  for person in pairs(known.avoid) do ticket.avoid[person] = true end
end
enqueue(id, ticket)
if ticket.offer and ticket.avoid[load(OFFERS, ticket.offer).person] then take_back(ticket.offer, 'withdrawn') end
return finish({place = redis.call('ZRANK', ORDER, id) + 1, total = redis.call('ZCARD', ORDER)})
