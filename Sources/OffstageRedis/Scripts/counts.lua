-- Returns the maintained counts, in pieces if there are many. The counts of one lane are always a consistent snapshot.
-- KEYS[1]  the partition's base
-- ARGV[3]  where to continue: empty for the beginning, else what the last piece returned
-- Returns: wall clock; where to continue, empty at the end; alternating lane ("queue|type") and its number of jobs in
--          each of the eight states; alternating queue and run-at of its oldest due job in these lanes; then, with the
--          first piece: paused queues; alternating return queue and number of waiting announcements; alternating return
--          queue and number of dropped ones; number of stale writes refused.

local PIECE = 500
local cursor, lanes, seen = ARGV[3], {}, {}

local function note(fields)
  for i = 1, #fields, 2 do
    local lane = string.match(fields[i], '^%d|(.*)$')
    if not lane then error('a count is broken: ' .. fields[i]) end
    if not seen[lane] then
      seen[lane] = true
      lanes[#lanes + 1] = lane
    end
  end
end

local next = ''
if cursor == '' and call('HLEN', K.counts) <= PIECE then
  note(call('HGETALL', K.counts))
else
  local found = call('HSCAN', K.counts, cursor == '' and '0' or cursor, 'COUNT', PIECE)
  if found[1] ~= '0' then next = found[1] end
  note(found[2])
end

local numbers, oldest = {}, {}
for _, lane in ipairs(lanes) do
  numbers[#numbers + 1] = lane
  local fields = {}
  for state = HELD, CANCELLED do fields[state + 1] = state .. '|' .. lane end
  local counts = call('HMGET', K.counts, unpack(fields))
  for state = HELD, CANCELLED do numbers[#numbers + 1] = tonumber(counts[state + 1] or 0) end
  if counts[SCHEDULED + 1] or counts[AVAILABLE + 1] or counts[RETRYABLE + 1] then
    local queue, type = string.match(lane, '^(.-)|(.*)$')
    O.eachLine(O.linesOf(queue, type), function(level)
      local place = O.firstPlace(level .. '|' .. lane)
      local at = place and unpackAt('>i8', place)
      if at and (at <= now or not O.isTimed(level)) then oldest[queue] = math.min(at, oldest[queue] or now) end
    end)
  end
end
local due = {}
for queue, at in pairs(oldest) do
  due[#due + 1] = queue
  due[#due + 1] = at
end
if cursor ~= '' then return { now, next, numbers, due } end
return {
  now, next, numbers, due, call('SMEMBERS', K.paused), call('HGETALL', K.newswaiting), call('HGETALL', K.newsdropped),
  tonumber(call('HGET', K.numbers, 'stale') or 0),
}
