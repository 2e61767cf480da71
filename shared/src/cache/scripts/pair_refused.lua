-- The platform refused a pair: nothing goes to it for so many microseconds.
--
-- KEYS: the pair. ARGV: the wait, the messages of a burst.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local free = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'free') or '') or 0)
redis.call('HSET', KEYS[1], 'began', now, 'count', ARGV[2], 'free', free)
redis.call('PEXPIRE', KEYS[1], math.ceil((free - now) / 1000) + 1000)
return 0
