-- What the other processes posted that are alive.
-- KEYS 1 posts
-- ARGV 1 prefix of a post, in the same slot  2 own process
-- rows of each process
local rows = {}
for _, process in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local posted = process ~= ARGV[2] and redis.call('GET', ARGV[1] .. process)
  if posted then rows[#rows + 1] = posted end
end
return rows
