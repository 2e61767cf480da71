-- Whether a message may go to each pair of account and contact, and with that takes it.
--
-- A burst goes on for a time and up to a number of messages; each is paid back with a distance before the next
-- burst begins.
--
-- KEYS: the pairs. ARGV: the distance, how long a burst goes on, its messages, whether to take (1) or only to look
-- (0), then for each pair how far ahead the send is; times in microseconds.
-- Gives for each pair how long its message waits, 0 where it may go.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local distance, lasts, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local waits = {}
for i, key in ipairs(KEYS) do
    local at = now + tonumber(ARGV[4 + i])
    local burst = redis.call('HMGET', key, 'began', 'count', 'free')
    local began, count, free = tonumber(burst[1] or ''), tonumber(burst[2] or ''), tonumber(burst[3] or '')
    -- Nothing is known of it, it is paid back, or Redis's clock was set back.
    if not free or at >= free or began > at + 60000000 then
        began, count, free = at, 0, at
    end
    if at - began < lasts and count < most then
        waits[i] = 0
        if ARGV[4] == '1' then
            free = free + distance
            redis.call('HSET', key, 'began', began, 'count', count + 1, 'free', free)
            redis.call('PEXPIRE', key, math.ceil((free - at) / 1000) + 1000)
        end
    else
        waits[i] = free - at
    end
end
return waits
