-- Returns the workers heard from within three lease times, and what each of them runs.
-- KEYS[1]  the partition's base
-- ARGV[3…] the workers to report, in hexadecimal; none: all workers that this partition knows
-- Returns  for each: worker in hexadecimal, seen-at, status ('' if it is not known here), how many leases it holds,
--          then the ids of up to 1,000 jobs it has started, oldest lease first, joined, and the suspect that it holds,
--          else ''.

local names, reply = {}, {}
local hasSuspects = call('EXISTS', K.suspects) == 1
if #ARGV > 2 then
  for i = 3, #ARGV do names[#names + 1] = ARGV[i] end
else
  names = call('HKEYS', K.workers)
end
for _, worker in ipairs(names) do
  local known = call('HGET', K.workers, worker)
  local seenAt = known and unpackAt('>i8', known) or 0
  if #ARGV > 2 or now - seenAt <= 3 * leaseTime then
    local started, held, suspect, first = {}, 0
    for _, one in ipairs(O.leasesOf(worker)) do
      held = held + 1
      if hasSuspects and (not first or one.counter < first) and call('HEXISTS', K.suspects, one.id) == 1 then
        suspect, first = one.id, one.counter
      end
      if sub(one.lease, 29, 36) ~= NONE then started[#started + 1] = one end
    end
    table.sort(started, function(a, b) return a.counter < b.counter end)
    local ids = {}
    for i = 1, math.min(#started, BATCH) do ids[i] = started[i].id end
    reply[#reply + 1] = { worker, seenAt, known and sub(known, 9) or '', held, table.concat(ids), suspect or '' }
  end
end
return reply
