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

-- The desks with room, best first, and what answers the languages of all open desks.
local function ready()
  local loads, desks, known = loads_of_all(), {}, nil
  local all = redis.call('HGETALL', DESKS)
  for i = 1, #all, 2 do
    if not is_offered(all[i + 1]) then
      local desk = cjson.decode(all[i + 1])
      desk.person, desk.load = all[i], loads[all[i]] or 0
      if not desk.paused and desk.load < desk.capacity then desks[#desks + 1] = desk end
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
  table.sort(desks, function(one, other)
    if one.load ~= other.load then return one.load < other.load end
    if one.free ~= other.free then return one.free < other.free end
    return one.person < other.person
  end)
  return desks, spoken
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
    for _, id in ipairs(page) do
      local raw = redis.call('HGET', TICKETS, id)
      if not is_offered(raw) then
        local ticket = cjson.decode(raw)
        for i, desk in ipairs(desks) do
          if fits(ticket, desk, spoken) then
            offer_to(id, ticket, desk.person)
            table.remove(desks, i)
            break
          end
        end
      end
    end
    from = from + 64
  end
end

-- Every mutating script ends here: matches, keeps the room alive, tells the processes, answers.
local function finish(answer)
  match()
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, context.live) end
  if moved or touched then
    local first = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2]
    redis.call('SPUBLISH', context.channel .. 'all', cjson.encode(
      {kind = 'moved', moved = moved, due = first and math.max(tonumber(first) - now, 0)}))
  end
  return cjson.encode(answer)
end
