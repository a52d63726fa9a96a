-- Lets an offer pass: the ticket returns to the head and goes to the next desk.
-- argument: {offer person}
-- answer: {done} | {"refused": "unknown" | "not_yours" | "lapsed"}
local offer = load(OFFERS, argument.offer)
if not offer then return cjson.encode({refused = 'unknown'}) end
if offer.person ~= argument.person then return cjson.encode({refused = 'not_yours'}) end
if offer.answer == 'declined' then return finish({done = true}) end
if offer.answer ~= 'open' then return cjson.encode({refused = 'lapsed'}) end
take_back(argument.offer, 'declined')
return finish({done = true})
