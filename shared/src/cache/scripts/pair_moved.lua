-- A message that was taken goes so many microseconds later than it said: its burst began later, and is paid back later.
--
-- KEYS: the pair. ARGV: by how much.
if redis.call('EXISTS', KEYS[1]) == 1 then
    redis.call('HINCRBY', KEYS[1], 'began', ARGV[1])
    redis.call('HINCRBY', KEYS[1], 'free', ARGV[1])
    redis.call('PEXPIRE', KEYS[1], redis.call('PTTL', KEYS[1]) + math.ceil(tonumber(ARGV[1]) / 1000))
end
return 0
