-- Offers every ticket in line, in order, to the desk that fits it best; put between room.lua and a script.
local function speaks(ticket, desk, spoken)
  if not ticket.language or next(desk.languages) == nil or desk.languages[ticket.language] then return true end
  return (ticket.urgent or now - ticket.joined >= context.language) and not spoken()[ticket.language]
end

local function takes(ticket, desk)
  if not ticket.topic or next(desk.topics) == nil or desk.topics[ticket.topic] then return true end
  return ticket.urgent or now - ticket.joined >= context.topic
end

local function fits(ticket, desk, spoken)
  return not ticket.avoid[desk.person] and (ticket.passed[desk.person] or now) <= now
    and speaks(ticket, desk, spoken) and takes(ticket, desk)
end

-- The desks with room, and what answers the languages of all open desks. Of each only what tells whether it has room
-- and how it ranks is read: there may be hundreds, and as a rule one of them is asked.
local function ready()
  local loads, desks, known = loads_of_all(), {}, nil
  local all = redis.call('HGETALL', DESKS)
  for i = 1, #all, 2 do
    local person, raw = all[i], all[i + 1]
    if not is_offered(raw) and not string.find(raw, '"paused":true', 1, true) then
      local holds = loads[person] or 0
      if holds < tonumber(string.match(raw, '"capacity":(%d+)')) then
        local free = tonumber(string.match(raw, '"free":([^,}]+)'))
        desks[#desks + 1] = {person = person, load = holds, free = free, raw = raw}
      end
    end
  end
  local function spoken()
    if not known then
      known = {}
      for i = 2, #all, 2 do
        for language in pairs(cjson.decode(all[i]).languages) do known[language] = true end
      end
    end
    return known
  end
  return desks, spoken
end

-- The one with fewer conversations, then the one free longer.
local function comes_before(one, other)
  if one.load ~= other.load then return one.load < other.load end
  if one.free ~= other.free then return one.free < other.free end
  return one.person < other.person
end

-- Where among the desks the best one is that a ticket fits.
local function best_for(ticket, desks, spoken)
  local best
  for i, desk in ipairs(desks) do
    if not best or comes_before(desk, desks[best]) then
      if not desk.languages then
        local whole = cjson.decode(desk.raw)
        desk.languages, desk.topics = whole.languages, whole.topics
      end
      if fits(ticket, desk, spoken) then best = i end
    end
  end
  return best
end

local function offer_to(id, ticket, person)
  local desk, serial = load(DESKS, person), draw()
  local offer, lapses = string.format('%.0f', serial), now + context.offer
  put(OFFERS, offer, {ticket = id, person = person, lapses = lapses, answer = 'open'})
  at('o:' .. offer, lapses)
  ticket.offer, desk.offer = offer, offer
  put(TICKETS, id, ticket)
  put(DESKS, person, desk)
  tell(desk.process, {kind = 'offered', person = person, offer = offer, ticket = id, topic = ticket.topic,
    language = ticket.language, mood = ticket.mood, urgent = ticket.urgent, waited = now - ticket.joined,
    lapses = lapses})
end

local function match()
  if redis.call('EXISTS', ORDER) == 0 then return end
  local desks, spoken = ready()
  local from = 0
  while #desks > 0 do
    local page = redis.call('ZRANGE', ORDER, from, from + 63)
    if #page == 0 then return end
    for i, raw in ipairs(redis.call('HMGET', TICKETS, unpack(page))) do
      if #desks == 0 then return end
      if not is_offered(raw) then
        local ticket = cjson.decode(raw)
        local best = best_for(ticket, desks, spoken)
        if best then
          offer_to(page[i], ticket, desks[best].person)
          table.remove(desks, best)
        end
      end
    end
    from = from + 64
  end
end

-- Every script ends here that may make a pair possible: matches, keeps the room alive, tells the processes, answers.
-- They are told when the line moved, and of the moment that is due next when that is news.
local function finish(answer)
  match()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, context.live) end
  if moved or soonest then
    local first = tonumber(redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2])
    if moved or first == soonest then
      redis.call('SPUBLISH', context.channel .. 'all', cjson.encode(
        {kind = 'moved', moved = moved, due = first and math.max(first - now, 0)}))
    end
  end
  return cjson.encode(answer)
end
