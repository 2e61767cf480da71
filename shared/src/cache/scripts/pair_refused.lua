-- The platform refused a pair: nothing goes to it for so many microseconds.
--
-- KEYS: the pair. ARGV: the wait, how far a burst may run ahead.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local least = now + tonumber(ARGV[1]) + tonumber(ARGV[2])
local next = math.max(least, tonumber(redis.call('GET', KEYS[1]) or '') or 0)
redis.call('SET', KEYS[1], next, 'PX', math.ceil((next - now) / 1000))
return 0
