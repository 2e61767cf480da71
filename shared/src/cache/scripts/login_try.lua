-- Counts a try to log in, unless one of its counts has gone as far as it may: then how many milliseconds are left.
--
-- KEYS: the counts. ARGV: after how many milliseconds a count is forgotten; how far each may go.
local wait = 0
for i, key in ipairs(KEYS) do
    if tonumber(redis.call('GET', key) or '0') >= tonumber(ARGV[i + 1]) then
        wait = math.max(wait, redis.call('PTTL', key), 1)
    end
end
if wait > 0 then
    return wait
end
for _, key in ipairs(KEYS) do
    if redis.call('INCR', key) == 1 then
        redis.call('PEXPIRE', key, ARGV[1])
    end
end
return 0
