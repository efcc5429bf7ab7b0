-- Leases. A job runs if and only if it has a lease. The leases that one call gave to a worker are a grant, named by its
-- first counter. The ids of a grant are stored together with how many are still held, so a worker's leases can be
-- found, renewed and taken back together. "deadlines" holds for each worker a time that is never later than the first
-- expiry among its leases. When that time has come, its leases are read again.
-- leases   by id: 1 worker 8 | 9 grant u64 | 17 counter u64 | 25 attempt u32 | 29 started-at i64 (0: not started)
--          | 37 deadline i64 | 45 acceptance number 10 | 55 id 16 | 71 flags u8 | 72 lane ("queue|type")
--          Flags: 1 the caller chose the id, 2 it has a status or extras, 4 cancellation was requested.
-- grants   of a worker, by grant: the ids, joined; held: of a worker, by grant: how many are held

function O.hex(worker)
  return (string.gsub(worker, '.', function(c) return string.format('%02x', byte(c)) end))
end

-- Removes leases of a worker from their grants, given the number per grant.
function O.leaveGrants(worker, gone)
  local key = O.heldKey(worker)
  for grant, count in pairs(gone) do
    if call('HINCRBY', key, grant, -count) <= 0 then
      call('HDEL', key, grant)
      call('HDEL', O.grantsKey(worker), grant)
    end
  end
end

-- Deletes a job's lease; the job no longer runs.
function O.dropLease(job)
  call('HDEL', K.leases, job.id)
  O.leaveGrants(O.hex(sub(job.lease, 1, 8)), { [sub(job.lease, 9, 16)] = 1 })
  -- Unconditionally, because the job may have been cleared of the suspicion since it was leased.
  call('HDEL', K.suspects, job.id)
end

-- The workers that hold a crash suspect in this partition under a lease that has not expired.
-- suspects  by the id of a suspect that is held: the worker
function O.suspectHolders()
  local holders = {}
  local all = call('HGETALL', K.suspects)
  for i = 1, #all, 2 do
    local lease = call('HGET', K.leases, all[i])
    if lease and O.hex(sub(lease, 1, 8)) == all[i + 1] and unpackAt('>i8', lease, 37) > O.leaseNow() then holders[all[i + 1]] = true end
  end
  return holders
end

-- Writes a lease with a new start or deadline (8 bytes each, nil: unchanged), and with flags added.
function O.changeLease(id, lease, started, deadline, ...)
  local flags = byte(lease, 71)
  for _, more in ipairs({ ... }) do
    if band(flags, more) == 0 then flags = flags + more end
  end
  call('HSET', K.leases, id, sub(lease, 1, 28) .. (started or sub(lease, 29, 36)) .. (deadline or sub(lease, 37, 44))
    .. sub(lease, 45, 70) .. string.char(flags) .. sub(lease, 72))
end

-- A worker's leases: id, lease, counter.
function O.leasesOf(worker)
  local found = {}
  local grants = call('HGETALL', O.grantsKey(worker))
  for i = 1, #grants, 2 do
    local ids = {}
    for at = 1, #grants[i + 1], 16 do ids[#ids + 1] = sub(grants[i + 1], at, at + 15) end
    for n, lease in ipairs(O.values(K.leases, ids)) do
      if lease and sub(lease, 9, 16) == grants[i] and O.hex(sub(lease, 1, 8)) == worker then
        found[#found + 1] = { id = ids[n], lease = lease, counter = unpackAt('>I8', lease, 17) }
      end
    end
  end
  return found
end

-- Writes the status of a job that continues to run, and marks its lease accordingly. The start stays in the lease and
-- is not written to the status.
function O.saveRunning(job, flags)
  job.attempt, job.attemptedAt = job.ownAttempt, job.ownAttemptedAt
  O.save(job)
  O.changeLease(job.id, job.lease, nil, nil, 2, flags)
end

-- Marks a leased job as really started. This gives up a key that is held only until the start.
function O.started(job, at)
  if job.startedAt ~= 0 then return end
  job.startedAt = at
  job.attempt = job.leaseAttempt
  job.attemptedAt = at
  if job.key and job.extras.release == 0 then O.giveUp(job) end
end

-- Moves a running job, whose lease is already deleted, to a new state and time.
function O.goBack(job, state, runAt)
  job.newRunAt = runAt
  O.move(job, state)
end

-- Puts a job that its worker gave up back in its old place, or cancels it if cancellation was requested.
function O.takeBack(id, isInterruption)
  local job = O.load(id)
  O.dropLease(job)
  if isInterruption and job.startedAt ~= 0 then job.interruptions = job.interruptions + 1 end
  if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, 0) end
  O.goBack(job, AVAILABLE, job.runAt)
end

-- Puts a job whose worker died, and whose lease is already deleted, back in its old place, or cancels it if
-- cancellation was requested.
local function comeBack(job)
  if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, 0) end
  O.goBack(job, AVAILABLE, job.runAt)
end

-- Counts a crash of a job that had started, and whose lease is already deleted. At `suspectFrom` crashes it becomes a
-- suspect. As a suspect it runs alone, and O.crashesAlone() more crashes discard it.
function O.crash(job, suspectFrom, kind, message)
  local crashes, suspectedAt = job.crashes + 1, job.suspectedAt
  if suspectedAt == 0 and crashes >= suspectFrom then suspectedAt = crashes end
  job.newCrashes, job.newSuspectedAt = crashes, suspectedAt
  job.interruptions = job.interruptions + 1
  O.addError(job, kind, message)
  if job.cancelAt == 0 and suspectedAt > 0 and crashes - suspectedAt >= O.crashesAlone() then
    return O.finishJob(job, DISCARDED, 0)
  end
  comeBack(job)
end

local function charge(worker) return string.format(TEXT_LEASE_RAN_OUT, worker) end

-- Rescues a job whose lease has expired. A worker is presumed dead only if it had the whole lease time to renew.
-- Another job of that worker may have caused the crash, so only the second crash makes a job a suspect.
local function rescue(id, worker)
  local job = O.load(id)
  O.dropLease(job)
  if job.startedAt == 0 then return comeBack(job) end
  if O.wasInUse(job.deadline) then return O.crash(job, 2, FAILURE_CRASH, charge(worker)) end
  job.interruptions = job.interruptions + 1
  O.addError(job, FAILURE_LEASE_LOST, string.format(TEXT_LEASE_RAN_OUT_IN_OUTAGE, worker))
  comeBack(job)
end

-- Counts a write of a worker (in hexadecimal) that came too late. The write proves that the worker lives, so the crash
-- that was charged when its lease of this job expired is taken back.
function O.refuse(job, worker)
  call('HINCRBY', K.numbers, 'stale', 1)
  if not job or not job.errors or job.state >= COMPLETED then return end
  local all = O.splitErrors(job.errors)
  for i = #all, 1, -1 do
    if byte(all[i], 13) == FAILURE_CRASH and sub(all[i], 16) == charge(worker) then
      all[i] = sub(all[i], 1, 12) .. string.char(FAILURE_LEASE_LOST) .. sub(all[i], 14)
      job.errors = table.concat(all)
      local crashes = math.max(0, job.crashes - 1)
      local suspectedAt = job.suspectedAt <= crashes and job.suspectedAt or 0
      if job.lease then
        job.crashes, job.suspectedAt = crashes, suspectedAt
        return O.saveRunning(job)
      end
      job.newCrashes, job.newSuspectedAt = crashes, suspectedAt
      return O.move(job, job.state)
    end
  end
end

-- Records when the first lease of a worker may expire; nil if it has none.
function O.expectLease(worker, deadline)
  if deadline then
    call('ZADD', K.deadlines, deadline, worker)
  else
    call('ZREM', K.deadlines, worker)
  end
end

-- Takes back expired leases, earliest deadline first. Returns how many.
function O.rescue(limit)
  local leaseNow = O.leaseNow()
  local workers = call('ZRANGEBYSCORE', K.deadlines, '-inf', leaseNow, 'LIMIT', 0, 100)
  if #workers == 0 then return 0 end
  local over = {}
  for _, worker in ipairs(workers) do
    local first
    for _, one in ipairs(O.leasesOf(worker)) do
      one.deadline = unpackAt('>i8', one.lease, 37)
      if one.deadline <= leaseNow then
        one.worker = worker
        over[#over + 1] = one
      elseif not first or one.deadline < first then
        first = one.deadline
      end
    end
    O.expectLease(worker, first)
  end
  table.sort(over, function(a, b)
    if a.deadline ~= b.deadline then return a.deadline < b.deadline end
    return O.number(sub(a.lease, 45, 54)) < O.number(sub(b.lease, 45, 54))
  end)
  for i, one in ipairs(over) do
    if i > limit then
      call('ZADD', K.deadlines, 'LT', one.deadline, one.worker)
    else
      rescue(one.id, one.worker)
    end
  end
  return math.min(#over, limit)
end

