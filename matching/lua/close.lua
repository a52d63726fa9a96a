-- Closes a desk, if this process holds it. Its conversations stay with the person.
-- argument: {person}
-- answer: {done} | {"refused": "unknown" | "not_yours"}
local desk = load(DESKS, argument.person)
if not desk then return cjson.encode({refused = 'unknown'}) end
if desk.process ~= context.process then return cjson.encode({refused = 'not_yours'}) end
if desk.offer then take_back(desk.offer, 'withdrawn') end
remove_desk(argument.person)
never('d:' .. argument.person)
return finish({done = true})
