-- Hands out the next send times of an account, all at least a distance apart (generic cell rate).
--
-- KEYS: the account's bucket, what came in for it, the mark that Redis has not been emptied.
-- ARGV: limit a second, slack, how many are wanted, the most a lease spans, how soon the first may be, how far
--       ahead slots are handed out, the pause after an emptying (all in microseconds), recovery a second.
-- Gives the time, how long to wait before asking again, the distance, the factor in thousandths, and the slots.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local limit, slack, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local span, lead, ahead = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local pause, recovery = tonumber(ARGV[7]), tonumber(ARGV[8])

-- Without the mark nobody knows what was sent in the last second, so it is waited out.
local began = tonumber(redis.call('GET', KEYS[3]) or '')
if not began or began > now then
    began = now
    redis.call('SET', KEYS[3], now)
end
if now - began < pause then
    return { now, pause - (now - began), 0, 1000 }
end

local bucket = redis.call('HMGET', KEYS[1], 'next', 'factor', 'since')
local factor = 1
if bucket[2] then
    factor = math.min(1, tonumber(bucket[2]) + math.max(0, now - tonumber(bucket[3])) / 1000000 * recovery)
end

-- What came in within the last second, as if it had been even within each second of the clock.
local second, part = math.floor(now / 1000000), (now % 1000000) / 1000000
local received, inbound = redis.call('HMGET', KEYS[2], 'second', 'count', 'before'), 0
if tonumber(received[1] or '') == second then
    inbound = tonumber(received[2]) + tonumber(received[3]) * (1 - part)
elseif tonumber(received[1] or '') == second - 1 then
    inbound = tonumber(received[2]) * (1 - part)
end

-- A tenth is always left, so that customers who write a lot are answered at last.
local rate = math.max(limit / 10, limit * factor - inbound)
local distance = math.ceil(slack * 1000000 / rate)
local longest = math.ceil(slack * 10000000 / limit)
local first = tonumber(bucket[1] or '') or 0
-- Redis's clock was set back.
if first > now + ahead + span + longest + 1000000 then
    first = now + longest
end
first = math.max(first, now + lead)
if first > now + ahead then
    return { now, first - now - ahead, distance, math.floor(factor * 1000) }
end

local answer = { now, 0, distance, math.floor(factor * 1000) }
local count = math.min(wanted, math.max(1, math.floor(span / distance)))
for i = 0, count - 1 do
    answer[#answer + 1] = first + i * distance
end
redis.call('HSET', KEYS[1], 'next', first + count * distance)
redis.call('PEXPIRE', KEYS[1], 300000)
return answer
