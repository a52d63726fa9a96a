-- Makes a waiting ticket urgent.
-- argument: {ticket}
-- answer: {done} | {"refused": "unknown"}
local ticket = load(TICKETS, argument.ticket)
if not ticket then return cjson.encode({refused = 'unknown'}) end
ticket.urgent = true
enqueue(argument.ticket, ticket)
return finish({done = true})
