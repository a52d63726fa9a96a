-- Notes that the conversation's own stream has the pairing.
-- argument: {ticket fence}
-- answer: {done} | {"refused": "unknown"} for a fence that is not the pairing's (any more)
local pairing = load(PAIRINGS, argument.ticket)
if not pairing or pairing.fence ~= argument.fence then return cjson.encode({refused = 'unknown'}) end
pairing.confirmed = true
put(PAIRINGS, argument.ticket, pairing)
never('u:' .. argument.ticket)
return cjson.encode({done = true})
