-- Puts a ticket in line, or merges what is said again into the one that stands there.
-- argument: ticket {id joined urgent returned topic language mood wants avoid}
-- answer: {place total} | {pairing} when it has been accepted already | {"refused": "full"}
local id, ticket = argument.id, argument
ticket.id = nil
local pairing = load(PAIRINGS, id)
if pairing then
  pairing.process = context.process
  put(PAIRINGS, id, pairing)
  at('p:' .. id, math.max(now + context.lease, tonumber(redis.call('ZSCORE', DUE, 'p:' .. id) or '0')))
  pairing.id = id
  return finish({pairing = pairing})
end
local known = load(TICKETS, id)
if not known and not ticket.urgent and redis.call('HLEN', TICKETS) >= context.most then
  return cjson.encode({refused = 'full'})
end
ticket.joined, ticket.process, ticket.passed = math.min(ticket.joined, now), context.process, {}
if known then
  ticket.joined = math.min(ticket.joined, known.joined)
  ticket.urgent, ticket.returned = ticket.urgent or known.urgent, ticket.returned or known.returned
  ticket.passed, ticket.offer = known.passed, known.offer
  for person in pairs(known.avoid) do ticket.avoid[person] = true end
end
enqueue(id, ticket)
if ticket.offer and ticket.avoid[load(OFFERS, ticket.offer).person] then take_back(ticket.offer, 'withdrawn') end
return finish({place = redis.call('ZRANK', ORDER, id) + 1, total = redis.call('ZCARD', ORDER)})
