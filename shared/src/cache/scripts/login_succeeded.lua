-- Takes back a try that was the right one.
--
-- KEYS: the counts. ARGV: for each whether all that it counted is forgotten.
for i, key in ipairs(KEYS) do
    if ARGV[i] == '1' then
        redis.call('DEL', key)
    elseif tonumber(redis.call('GET', key) or '0') > 0 then
        redis.call('DECR', key)
    end
end
return 0
