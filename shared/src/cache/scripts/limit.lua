-- Counts a request in its bucket. The bucket's window begins with its first request.
--
-- KEYS: the bucket. ARGV: the window in milliseconds. Gives how many there were, and how long the window lasts yet.
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    left = tonumber(ARGV[1])
    redis.call('PEXPIRE', KEYS[1], left)
end
return { count, left }
