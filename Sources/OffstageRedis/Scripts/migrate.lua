-- Migrates a partition from layout 1 to 2, a piece with each call: available jobs and jobs that wait for their time get
-- separate sorted sets, and lines are indexed by their first places.
-- KEYS[1]  the partition's base
-- ARGV[3]  1 to record the new layout once nothing is left to do
-- Returns 1 if there is more to do, else 0.

local PIECE = 500
O.beginWriting()
if call('EXISTS', K.migrating) == 0 then
  if call('HGET', K.meta, 'layout') ~= '1' and ARGV[3] == '1' then return 0 end
  -- In layout 1 "open" held the lines.
  if call('EXISTS', K.open) == 1 then call('RENAME', K.open, K.migrating) end
end

local left = PIECE
for i, line in ipairs(call('HSCAN', K.migrating, '0', 'COUNT', 50)[2]) do
  if i % 2 == 1 and left > 0 then
    local isSuspect, rest = string.match(line, '^(s?)(.*)$')
    local key = O.laterKey(line)
    if isSuspect == '' then
      local old = base .. 'migrating:' .. line
      if call('EXISTS', old) == 0 and call('EXISTS', key) == 1 then call('RENAME', key, old) end
      key = old
    end
    local members = call('ZPOPMIN', key, left)
    for at = 1, #members, 2 do
      local job = O.load(sub(members[at], 11))
      if job and O.isWaiting(job.state) then O.stand(job) end
    end
    left = left - #members / 2 - 1
    if call('EXISTS', key) == 0 then
      if isSuspect == '' then
        local place = O.firstPlace(rest)
        -- The sizes of its records are unknown, so the line counts as large.
        if place then O.enterLine(rest, place, true) end
      end
      call('HDEL', K.migrating, line)
    end
  end
end
if call('EXISTS', K.migrating) == 1 then return 1 end
if ARGV[3] == '1' then call('HSET', K.meta, 'layout', '2') end
return 0
