-- Forgets a worker that has stopped, and takes back everything it still holds: first the attempts that are reported as
-- crashed, in their order, then the others, oldest lease first.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal; then for each crashed attempt: id | lease: worker 8, counter u64, attempt u32 |
--          i64 microseconds since it started, failure: kind u8, message's length u16, message; at most 1,000
-- Returns the answers, one letter each: A accepted, S stale, G gone.

local worker = ARGV[3]
local answers = {}

-- Takes back an attempt during which the process died.
local function crashed(id, token, report)
  local job = O.load(id)
  if not job then return 'G' end
  local lease = job.lease
  if not lease or sub(lease, 1, 8) .. sub(lease, 17, 28) ~= token or O.hex(sub(lease, 1, 8)) ~= worker then
    if job.mark == token and job.kind == END_CRASHED then return 'A' end
    -- The report comes from the process that saw the worker die, so it is no sign of life.
    O.refuse()
    return 'S'
  end
  job.mark, job.kind = token, END_CRASHED
  local ago, kind, message = unpackAt('>i8BI2c0', report)
  O.dropLease(job)
  O.started(job, now - ago)
  O.crash(job, 1, kind, message)
  return 'A'
end

O.beginWriting()
O.moveLeaseClock()
call('HDEL', K.workers, worker)
call('HDEL', K.commands, worker)
call('HDEL', K.turns, worker)
for i = 4, #ARGV, 3 do answers[#answers + 1] = crashed(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
local leases = O.leasesOf(worker)
table.sort(leases, function(a, b) return a.counter < b.counter end)
for _, one in ipairs(leases) do O.takeBack(one.id, true) end
O.expectLease(worker, nil)
return O.finish(table.concat(answers))
