-- The maintained counts.
-- KEYS[1]  the partition's base
-- Returns: wall clock; "state|queue|type" and number in turn; paused queues; queue and run-at of its oldest due job in
--          turn; return queue and waiting announcements in turn; return queue and dropped ones in turn; stale writes refused.

local oldest = {}
for _, line in ipairs(call('HKEYS', K.open)) do
  local queue = string.match(line, '^s?%d|(.-)|')
  local first = call('ZRANGE', O.laterKey(line), 0, 0, 'WITHSCORES')
  local at = first[2] and tonumber(first[2])
  local id = O.listed(line, 1)[1]
  if id then
    local listed = O.load(id).runAt
    if not at or listed < at then at = listed end
  end
  if at and at <= now and (not oldest[queue] or at < oldest[queue]) then oldest[queue] = at end
end
local due = {}
for queue, at in pairs(oldest) do
  due[#due + 1] = queue
  due[#due + 1] = at
end
return {
  now, call('HGETALL', K.counts), call('SMEMBERS', K.paused), due, call('HGETALL', K.newswaiting),
  call('HGETALL', K.newsdropped), tonumber(call('HGET', K.numbers, 'stale') or 0),
}
