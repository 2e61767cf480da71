-- Halves the pace of an account that its platform throttled, at most once a second. Gives the factor in thousandths.
--
-- KEYS: the account's bucket. ARGV: recovery a second.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local bucket = redis.call('HMGET', KEYS[1], 'factor', 'since')
local factor = 1
if bucket[1] then
    local since = tonumber(bucket[2])
    factor = tonumber(bucket[1])
    -- What else was on its way says the same thing once more.
    if now >= since and now - since < 1000000 then
        return math.floor(factor * 1000)
    end
    factor = math.min(1, factor + math.max(0, now - since) / 1000000 * tonumber(ARGV[1]))
end
factor = math.max(0.05, factor / 2)
redis.call('HSET', KEYS[1], 'factor', tostring(factor), 'since', now)
redis.call('PEXPIRE', KEYS[1], 300000)
return math.floor(factor * 1000)
