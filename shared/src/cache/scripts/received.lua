-- Counts what came in, by second, so that it is taken off what may go out.
--
-- KEYS: a count for each account. ARGV: how many came, in the same order.
local second = tonumber(redis.call('TIME')[1])
for i, key in ipairs(KEYS) do
    local kept = redis.call('HMGET', key, 'second', 'count')
    local count, before = tonumber(ARGV[i]), 0
    if tonumber(kept[1] or '') == second then
        redis.call('HINCRBY', key, 'count', count)
    else
        if tonumber(kept[1] or '') == second - 1 then
            before = tonumber(kept[2])
        end
        redis.call('HSET', key, 'second', second, 'count', count, 'before', before)
    end
    redis.call('EXPIRE', key, 5)
end
return 0
