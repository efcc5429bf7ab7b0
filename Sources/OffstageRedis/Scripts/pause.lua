-- Pauses or resumes a queue.
-- KEYS[1]  the partition's base
-- ARGV[3]  the request's id; ARGV[4] the queue; ARGV[5] 1 to pause, 0 to resume
-- Returns 1 if the queue's state changed, else 0.

O.beginWriting()
local reply = O.replayed(ARGV[3])
if reply then return reply end
local queue, pauses = ARGV[4], ARGV[5] == '1'
local changed = call(pauses and 'SADD' or 'SREM', K.paused, queue)
if changed == 1 then O.showQueue(queue, not pauses) end
if changed == 1 and not pauses then
  local lanes = call('HGETALL', O.lanesKey(queue))
  for i = 1, #lanes, 2 do
    local due = 0
    O.eachLine(lanes[i + 1], function(level)
      local line = level .. '|' .. queue .. '|' .. lanes[i]
      if O.isTimed(level) then
        due = due + call('ZCOUNT', O.laterKey(line), '-inf', now)
      else
        due = due + call('LLEN', O.lineKey(line)) + call('ZCARD', O.laterKey(line))
      end
    end)
    if due > 0 then O.laneBecameReservable(queue .. '|' .. lanes[i], due) end
  end
end
return O.finish(O.remember(ARGV[3], changed))
