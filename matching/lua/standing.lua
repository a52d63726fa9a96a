-- What concerns this process, or one person: open offers, and pairings that no conversation has confirmed.
-- argument: {person} or {}
-- answer: {offered [..] paired [..]}
local offered, paired = {}, {}
local function concerns(person)
  if argument.person then return person == argument.person end
  local desk = load(DESKS, person)
  return desk and desk.process == context.process
end

local all = redis.call('HGETALL', OFFERS)
for i = 1, #all, 2 do
  -- Answered offers are remembered for a while, and are many.
  local offer = string.find(all[i + 1], '"answer":"open"', 1, true) and concerns(holder(all[i + 1]))
    and cjson.decode(all[i + 1])
  if offer and offer.lapses > now then
    local ticket = load(TICKETS, offer.ticket)
    offered[#offered + 1] = {person = offer.person, offer = all[i], ticket = offer.ticket, topic = ticket.topic,
      language = ticket.language, mood = ticket.mood, urgent = ticket.urgent, waited = now - ticket.joined,
      lapses = offer.lapses}
  end
end
all = redis.call('HGETALL', PAIRINGS)
for i = 1, #all, 2 do
  local pairing = string.find(all[i + 1], '"confirmed":false', 1, true) and cjson.decode(all[i + 1])
  local ours = pairing and not argument.person and pairing.process == context.process
  if pairing and not pairing.confirmed and (ours or concerns(pairing.person)) then
    pairing.id = all[i]
    paired[#paired + 1] = pairing
  end
end
return cjson.encode({offered = offered, paired = paired})
