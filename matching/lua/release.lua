-- Ends a pairing and gives the desk its room back.
-- argument: {ticket person}
-- answer: {done} | {"refused": "unknown"}
local pairing = load(PAIRINGS, argument.ticket)
if not pairing or pairing.person ~= argument.person then return cjson.encode({refused = 'unknown'}) end
unpair(argument.ticket)
free(argument.person)
return finish({done = true})
