-- Returns the history: how many jobs ended, by minute and type.
-- KEYS[1]  the partition's base
-- ARGV[3]  the start of the first minute; ARGV[4] how many rows to skip; ARGV[5] how many rows to return
-- Returns for each row, oldest minute first, then by type: "minute|type", row (see ends.lua).

local fields = call('ZRANGEBYSCORE', K.minutes, ARGV[3], '+inf', 'LIMIT', ARGV[4], ARGV[5])
if #fields == 0 then return {} end
local rows, reply = O.values(K.history, fields), {}
for i, field in ipairs(fields) do
  reply[2 * i - 1] = field
  reply[2 * i] = rows[i]
end
return reply
