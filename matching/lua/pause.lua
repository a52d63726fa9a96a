-- Pauses a desk, or makes it ready again.
-- argument: {person on}
-- answer: {done} | {"refused": "unknown"}
local desk = load(DESKS, argument.person)
if not desk then return cjson.encode({refused = 'unknown'}) end
if desk.paused and not argument.on then desk.free, desk.lapses = now, 0 end
desk.paused = argument.on
put(DESKS, argument.person, desk)
make_room(argument.person)
return finish({done = true})
