-- Makes a pairing of an open offer; repeating it answers the same pairing.
-- argument: {offer person}
-- answer: {pairing} | {"refused": "unknown" | "not_yours" | "lapsed"}
local offer = load(OFFERS, argument.offer)
if not offer then return cjson.encode({refused = 'unknown'}) end
if offer.person ~= argument.person then return cjson.encode({refused = 'not_yours'}) end
local id = offer.ticket
if offer.answer == 'accepted' then
  local pairing = load(PAIRINGS, id)
  if not pairing or pairing.fence ~= offer.fence then return cjson.encode({refused = 'lapsed'}) end
  pairing.id = id
  return finish({pairing = pairing})
end
if offer.answer ~= 'open' or offer.lapses <= now then return cjson.encode({refused = 'lapsed'}) end
local ticket, desk = load(TICKETS, id), load(DESKS, offer.person)
offer.fence = draw()
answer_offer(argument.offer, offer, 'accepted')
desk.offer, desk.lapses, desk.free = nil, 0, now
put(DESKS, offer.person, desk)
dequeue(id)
ticket.offer = nil
local pairing = {person = offer.person, fence = offer.fence, process = ticket.process, confirmed = false,
  ticket = ticket}
put(PAIRINGS, id, pairing)
at('p:' .. id, now + context.lease)
at('u:' .. id, now + context.retell)
redis.call('LPUSH', PACES, string.format('%.0f', now))
redis.call('LTRIM', PACES, 0, 19)
tell_pairing(id, pairing)
pairing.id = id
return finish({pairing = pairing})
