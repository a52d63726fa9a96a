-- Takes a ticket out of line.
-- argument: {ticket}
-- answer: {done} | {"refused": "unknown"} when it does not wait (any more)
local ticket = load(TICKETS, argument.ticket)
if not ticket then return cjson.encode({refused = 'unknown'}) end
if ticket.offer then take_back(ticket.offer, 'withdrawn') end
dequeue(argument.ticket)
return finish({done = true})
