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

-- The desks that may be asked, best first, and what answers the languages of all open desks. One by one they are read
-- and looked at again: there may be hundreds, and as a rule one of them is asked.
local function ready()
  local desks, loads, known = {}, nil, nil
  for i, person in ipairs(redis.call('ZRANGE', NEXT, 0, -1)) do desks[i] = {person = person} end
  local function is_ready(desk)
    if desk.ready == nil then
      local raw = redis.call('HGET', DESKS, desk.person)
      local whole = raw and not is_offered(raw) and cjson.decode(raw)
      desk.ready = whole and not whole.paused or false
      if desk.ready then
        loads = loads or loads_of_all()
        desk.ready = (loads[desk.person] or 0) < whole.capacity
        desk.languages, desk.topics = whole.languages, whole.topics
      end
    end
    return desk.ready
  end
  local function spoken()
    if not known then
      known = {}
      for _, raw in ipairs(redis.call('HVALS', DESKS)) do
        for language in pairs(cjson.decode(raw).languages) do known[language] = true end
      end
    end
    return known
  end
  return desks, is_ready, spoken
end

local function offer_to(id, ticket, person)
  local desk, serial = load(DESKS, person), draw()
  local offer, lapses = string.format('%.0f', serial), now + context.offer
  put(OFFERS, offer, {ticket = id, person = person, lapses = lapses, answer = 'open'})
  at('o:' .. offer, lapses)
  ticket.offer, desk.offer = offer, offer
  put(TICKETS, id, ticket)
  put(DESKS, person, desk)
  redis.call('ZREM', NEXT, person)
  tell(desk.process, {kind = 'offered', person = person, offer = offer, ticket = id, topic = ticket.topic,
    language = ticket.language, mood = ticket.mood, urgent = ticket.urgent, waited = now - ticket.joined,
    lapses = lapses})
end

local function match()
  if redis.call('EXISTS', ORDER) == 0 then return end
  local desks, is_ready, spoken = ready()
  local from = 0
  while #desks > 0 do
    local page = redis.call('ZRANGE', ORDER, from, from + 63)
    if #page == 0 then return end
    for i, raw in ipairs(redis.call('HMGET', TICKETS, unpack(page))) do
      if #desks == 0 then return end
      local ticket = not is_offered(raw) and cjson.decode(raw)
      for place, desk in ipairs(ticket and desks or {}) do
        if is_ready(desk) and fits(ticket, desk, spoken) then
          offer_to(page[i], ticket, desk.person)
          table.remove(desks, place)
          break
        end
      end
    end
    from = from + 64
  end
end

-- Every script ends here that may make a pair possible: matches, keeps the room alive, tells the processes, answers.
-- They are told when the line moved, and of the moment that is due next when that is news.
local function finish(answer)
  rerank()
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
