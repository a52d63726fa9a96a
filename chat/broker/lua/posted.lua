-- What the processes posted that are alive.
-- KEYS 1 posts
-- ARGV 1 prefix of a post, in the same slot
-- rows of each process, or false where they have gone
local rows = {}
for _, process in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  rows[#rows + 1] = redis.call('GET', ARGV[1] .. process)
end
return rows
