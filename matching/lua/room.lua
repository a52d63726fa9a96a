-- What every operation on a waiting room stands on; it is put in front of each script.
-- KEYS 1 order  2 tickets  3 desks  4 offers  5 pairings  6 due  7 paces  8 serial  9 next
-- ARGV 1 context: settings in ms, own process, channel prefix, now in ms when tests set the time
--      2 argument of the operation
-- Every answer is JSON; {"refused": why} changed nothing.
local ORDER, TICKETS, DESKS, OFFERS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local PAIRINGS, DUE, PACES, SERIAL, NEXT = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local context, argument = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local clock = redis.call('TIME')
local now = context.now or (clock[1] * 1000 + math.floor(clock[2] / 1000))
local moved, soonest = false, nil
local changed = {} -- The persons whose desk, or what it holds, this script changed.

local function load(key, field)
  local raw = redis.call('HGET', key, field)
  return raw and cjson.decode(raw)
end

local function put(key, field, record)
  redis.call('HSET', key, field, cjson.encode(record))
  if key == DESKS then changed[field] = true elseif key == PAIRINGS then changed[record.person] = true end
end

local function remove_desk(person)
  redis.call('HDEL', DESKS, person)
  changed[person] = true
end

-- Whose desk a pairing or an offer takes. Reading the whole record costs ten times as much, and there may be hundreds.
local function holder(raw)
  return string.match(raw, '"person":"([^"\\]*)"') or cjson.decode(raw).person
end

-- Whether a ticket or a desk, as it is kept, has an open offer.
local function is_offered(raw)
  return string.find(raw, '"offer":"', 1, true) ~= nil
end

-- From each person to how many pairings they hold.
local function loads_of_all()
  local loads = {}
  for _, raw in ipairs(redis.call('HVALS', PAIRINGS)) do
    local person = holder(raw)
    loads[person] = (loads[person] or 0) + 1
  end
  return loads
end

-- Puts every desk that changed in its place among those that may be asked, or out of them; answers whether one came.
local function rerank()
  local loads, came = nil, false
  for person in pairs(changed) do
    local raw = redis.call('HGET', DESKS, person)
    local desk = raw and not is_offered(raw) and cjson.decode(raw)
    if desk and not desk.paused then
      loads = loads or loads_of_all()
      local holds = loads[person] or 0
      if holds < desk.capacity then
        came = redis.call('ZADD', NEXT, string.format('%.0f', holds * 1e13 + desk.free), person) == 1 or came
      else
        desk = nil
      end
    end
    if not desk or desk.paused then redis.call('ZREM', NEXT, person) end
  end
  changed = {}
  return came
end

local function at(what, when)
  soonest = math.min(soonest or when, when)
  redis.call('ZADD', DUE, when, what)
end

local function never(what)
  redis.call('ZREM', DUE, what)
end

-- Names a moment at which time alone may make a pair possible.
local function again(when)
  if when > now then at('m:' .. string.format('%.0f', when), when) end
end

-- Numbers that only rise, even when Redis forgot the last one.
local function draw()
  local serial = math.max(tonumber(redis.call('GET', SERIAL) or '0') + 1, now)
  redis.call('SET', SERIAL, string.format('%.0f', serial))
  return serial
end

local function tell(process, notice)
  redis.call('SPUBLISH', context.channel .. 'p:' .. process, cjson.encode(notice))
end

local function tell_pairing(id, pairing)
  local notice = {kind = 'paired', ticket = id, person = pairing.person, fence = pairing.fence,
    process = pairing.process}
  tell(pairing.process, notice)
  local desk = load(DESKS, pairing.person)
  if desk and desk.process ~= pairing.process then tell(desk.process, notice) end
end

local function rank(ticket)
  return (ticket.urgent and 0 or ticket.returned and 1 or 2) * 1e13 + ticket.joined
end

-- Puts a ticket in line, newly or changed, and keeps it alive.
local function enqueue(id, ticket)
  put(TICKETS, id, ticket)
  redis.call('ZADD', ORDER, rank(ticket), id)
  at('t:' .. id, now + context.lease)
  if ticket.topic then again(ticket.joined + context.topic) end
  if ticket.language then again(ticket.joined + context.language) end
  moved = true
end

local function dequeue(id)
  redis.call('HDEL', TICKETS, id)
  redis.call('ZREM', ORDER, id)
  never('t:' .. id)
  moved = true
end

local function answer_offer(id, offer, how)
  offer.answer = how
  put(OFFERS, id, offer)
  at('o:' .. id, now + context.remembered)
end

-- Ends an open offer without a pairing. The ticket goes to the head; who let it pass is not asked at once.
local function take_back(id, how)
  local offer = load(OFFERS, id)
  answer_offer(id, offer, how)
  local ticket, desk = load(TICKETS, offer.ticket), load(DESKS, offer.person)
  ticket.offer, ticket.returned = nil, true
  if how ~= 'withdrawn' then
    ticket.passed[offer.person] = now + context.cooling
    again(now + context.cooling)
  end
  put(TICKETS, offer.ticket, ticket)
  redis.call('ZADD', ORDER, rank(ticket), offer.ticket)
  desk.offer = nil
  desk.lapses = how == 'lapsed' and desk.lapses + 1 or how == 'declined' and 0 or desk.lapses
  put(DESKS, offer.person, desk)
  if how ~= 'declined' then
    tell(desk.process, {kind = 'lapsed', person = offer.person, offer = id, why = how})
  end
  moved = true
end

local function held(person)
  local count = 0
  for _, raw in ipairs(redis.call('HVALS', PAIRINGS)) do
    if holder(raw) == person then count = count + 1 end
  end
  return count
end

-- Takes back what a desk without room is being offered.
local function make_room(person)
  local desk = load(DESKS, person)
  if desk and desk.offer and (desk.paused or held(person) >= desk.capacity) then
    take_back(desk.offer, 'withdrawn')
  end
end

local function unpair(id)
  redis.call('HDEL', PAIRINGS, id)
  never('p:' .. id)
  never('u:' .. id)
end

local function free(person)
  local desk = load(DESKS, person)
  if desk then
    desk.free = now
    put(DESKS, person, desk)
  end
end
