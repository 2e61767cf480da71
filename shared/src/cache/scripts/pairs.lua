-- Takes one message for each pair of account and contact, where the pair has room (generic cell rate).
--
-- KEYS: the pairs. ARGV: the distance, how far a burst may run ahead; microseconds.
-- Gives for each pair how long its message waits, 0 where it may go.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local distance, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local waits = {}
for i, key in ipairs(KEYS) do
    local next = math.max(now, tonumber(redis.call('GET', key) or '') or 0)
    -- Redis's clock was set back.
    next = math.min(next, now + burst + 3600000000)
    if next - now > burst then
        waits[i] = next - now - burst
    else
        waits[i] = 0
        redis.call('SET', key, next + distance, 'PX', math.ceil((next + distance - now) / 1000))
    end
end
return waits
