-- Does what is due: offers lapse, leases end, unconfirmed pairings are told again, waits outgrow preferences.
-- argument: {expected: what the caller's steady clock says the time should be}
-- answer: {now, due: ms until the next sweep}
local function next_sweep()
  local first = redis.call('ZRANGE', DUE, 0, 0, 'WITHSCORES')[2]
  return {now = now, due = first and math.max(tonumber(first) - now, 0)}
end

local function is_lease(what)
  local kind = string.sub(what, 1, 2)
  return kind == 't:' or kind == 'd:' or kind == 'p:'
end

-- Whether so many leases end at once that all of them were extended. Only then all that will be due is looked at.
local function guarded(due)
  local ended = 0
  for _, what in ipairs(due) do
    if is_lease(what) then ended = ended + 1 end
  end
  local jumped = argument.expected and now - argument.expected > context.jump
  if ended == 0 or (not jumped and ended < context.least) then return false end
  local leases = {}
  local all = redis.call('ZRANGE', DUE, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do
    if is_lease(all[i]) then
      leases[#leases + 1] = all[i]
    elseif string.sub(all[i], 1, 2) == 'g:' and tonumber(all[i + 1]) > now then
      return false
    end
  end
  if not jumped and ended <= context.share * #leases then return false end
  for _, lease in ipairs(leases) do redis.call('ZADD', DUE, 'GT', now + context.lease, lease) end
  at('g:', now + 3 * context.lease)
  return true
end

local sweepers = {
  ['t:'] = function(id)
    local ticket = load(TICKETS, id)
    if ticket.offer then take_back(ticket.offer, 'withdrawn') end
    dequeue(id)
  end,
  ['d:'] = function(person)
    local desk = load(DESKS, person)
    if desk.offer then take_back(desk.offer, 'withdrawn') end
    remove_desk(person)
    local all = redis.call('HGETALL', PAIRINGS)
    for i = 1, #all, 2 do
      local pairing = cjson.decode(all[i + 1])
      if pairing.person == person and not pairing.confirmed then
        unpair(all[i])
        pairing.ticket.returned, pairing.ticket.process = true, pairing.process
        enqueue(all[i], pairing.ticket)
      end
    end
  end,
  ['p:'] = function(id)
    local pairing = load(PAIRINGS, id)
    unpair(id)
    free(pairing.person)
  end,
  ['o:'] = function(id)
    local offer = load(OFFERS, id)
    if offer.answer ~= 'open' then return redis.call('HDEL', OFFERS, id) end
    take_back(id, 'lapsed')
    local desk = load(DESKS, offer.person)
    if desk.lapses >= context.lapses then
      desk.paused = true
      put(DESKS, offer.person, desk)
      tell(desk.process, {kind = 'desk_paused', person = offer.person})
    end
  end,
  ['u:'] = function(id)
    tell_pairing(id, load(PAIRINGS, id))
    at('u:' .. id, now + context.retell)
  end,
  ['m:'] = function() end,
  ['g:'] = function() end,
}

local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', now)
if guarded(due) then due = redis.call('ZRANGEBYSCORE', DUE, '-inf', now) end
if #due == 0 then return cjson.encode(next_sweep()) end
for _, what in ipairs(due) do
  local when = redis.call('ZSCORE', DUE, what)
  if when and tonumber(when) <= now then
    never(what)
    sweepers[string.sub(what, 1, 2)](string.sub(what, 3))
  end
end
finish({})
return cjson.encode(next_sweep())
