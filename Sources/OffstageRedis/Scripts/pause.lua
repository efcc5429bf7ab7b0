-- Pauses or resumes a queue.
-- KEYS[1]  the partition's base
-- ARGV[3]  the request's id; ARGV[4] the queue; ARGV[5] 1 to pause, 0 to resume
-- Returns 1 if that changed anything, else 0.

O.beginWriting()
local reply = O.replayed(ARGV[3])
if reply then return reply end
local queue, pauses = ARGV[4], ARGV[5] == '1'
local changed = call(pauses and 'SADD' or 'SREM', K.paused, queue)
if changed == 1 and not pauses then
  for _, line in ipairs(call('HKEYS', K.open)) do
    local _, of, type = string.match(line, '^(s?%d)|(.-)|(.*)$')
    if of == queue then
      local due = call('ZCOUNT', O.laterKey(line), '-inf', now) + call('LLEN', O.lineKey(line))
      if due > 0 then O.laneBecameReservable(queue .. '|' .. type, due) end
    end
  end
end
return O.finish(O.remember(ARGV[3], changed))
