-- Leases. A worker's leases lie together, by the worker's own counter, so that they can be renewed and taken back as
-- one; a running job's status begins with the worker and the counter. "leases" says for each worker when the first of
-- its leases may run out: never later than that is true, and looked at again when that time has come.
-- held     by counter u64: 1 deadline i64 | 9 started-at i64 (0: not started) | 17 attempt u32 | 21 acceptance number 10
--          | 31 id 16 | 47 flags u8 | 48 lane ("queue|type")
--          Flags: 1 the caller chose the id, 2 it has a status or extras, 4 it is asked to cancel.

function O.hex(worker)
  return (string.gsub(worker, '.', function(c) return string.format('%02x', byte(c)) end))
end

-- The lease of a running job: the key it lies under, its counter, its value.
function O.leaseOf(job)
  local key = O.heldKey(O.hex(sub(job.lease, 1, 8)))
  local counter = sub(job.lease, 9, 16)
  return key, counter, call('HGET', key, counter)
end

-- A lease's value with another deadline and start, and with flags added.
function O.changedLease(value, deadline, startedAt, ...)
  local deadline8 = deadline and pack('>i8', deadline) or sub(value, 1, 8)
  local started8 = startedAt and pack('>i8', startedAt) or sub(value, 9, 16)
  local flag = byte(value, 47)
  for _, more in ipairs({ ... }) do
    if band(flag, more) == 0 then flag = flag + more end
  end
  return deadline8 .. started8 .. sub(value, 17, 46) .. string.char(flag) .. sub(value, 48)
end

-- What the lease of a running job says, put into the job.
function O.readLease(job, value)
  job.leaseDeadline, job.startedAt, job.leaseAttempt = unpackAt('>i8i8I4', value)
  job.ownAttempt, job.ownAttemptedAt = job.attempt, job.attemptedAt
  if job.startedAt ~= 0 then
    job.attempt = job.leaseAttempt
    job.attemptedAt = job.startedAt
  end
end

-- The running job of a lease value.
function O.leased(value)
  local job = O.load(sub(value, 31, 46))
  if job then O.readLease(job, value) end
  return job
end

-- Writes down the status of a job that goes on running, and notes with its lease that it has one. What the lease says of
-- its start is left to the lease.
function O.saveRunning(job, lease, counter, key, flags)
  if job.startedAt ~= 0 then job.attempt, job.attemptedAt = job.ownAttempt, job.ownAttemptedAt end
  O.save(job)
  call('HSET', key, counter, O.changedLease(lease, nil, nil, 2, flags))
end

-- Marks a leased job as really started, which gives up a key that is held only until then.
function O.started(job, at)
  if job.startedAt ~= 0 then return end
  job.startedAt = at
  job.attempt = job.leaseAttempt
  job.attemptedAt = at
  if job.key and job.extras.release == 0 then O.giveUp(job) end
end

-- Puts a running job back in line (or where an event takes it); its lease must be gone by now.
function O.goBack(job, state, runAt)
  job.newRunAt = runAt
  O.move(job, state)
end

-- Puts a job whose worker gave it up back in its old place, or cancels it if somebody asked for that.
function O.takeBack(job, isInterruption)
  if isInterruption and job.startedAt ~= 0 then job.interruptions = job.interruptions + 1 end
  if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, 0) end
  O.goBack(job, AVAILABLE, job.runAt)
end

-- Rescues a job whose lease has run out.
local function rescue(job, worker)
  local crashes = job.crashes
  if job.startedAt ~= 0 then
    crashes = crashes + 1
    job.interruptions = job.interruptions + 1
    O.addError(job, 4, 'the lease of worker ' .. worker .. ' ran out')
  end
  job.newCrashes = crashes
  if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, 0) end
  if job.startedAt ~= 0 and crashes >= 5 then return O.finishJob(job, DISCARDED, 0) end
  O.goBack(job, AVAILABLE, job.runAt)
end

-- Says when the first lease of a worker may run out.
function O.expectLease(worker, deadline)
  if deadline then
    call('ZADD', K.leases, deadline, worker)
  else
    call('ZREM', K.leases, worker)
  end
end

-- Takes back leases that have run out, the longest over first; answers how many.
function O.rescue(limit)
  local workers = call('ZRANGEBYSCORE', K.leases, '-inf', mono, 'LIMIT', 0, 100)
  if #workers == 0 then return 0 end
  local over = {}
  for _, worker in ipairs(workers) do
    local all, first = call('HGETALL', O.heldKey(worker)), nil
    for i = 1, #all, 2 do
      local deadline = unpackAt('>i8', all[i + 1])
      if deadline <= mono then
        over[#over + 1] = { deadline = deadline, worker = worker, counter = all[i], value = all[i + 1] }
      elseif not first or deadline < first then
        first = deadline
      end
    end
    O.expectLease(worker, first)
  end
  table.sort(over, function(a, b)
    if a.deadline ~= b.deadline then return a.deadline < b.deadline end
    return O.number(sub(a.value, 21, 30)) < O.number(sub(b.value, 21, 30))
  end)
  for i, lease in ipairs(over) do
    if i > limit then
      local first = call('ZSCORE', K.leases, lease.worker)
      if not first or tonumber(first) > lease.deadline then O.expectLease(lease.worker, lease.deadline) end
    else
      call('HDEL', O.heldKey(lease.worker), lease.counter)
      local job = O.leased(lease.value)
      if job then rescue(job, lease.worker) end
    end
  end
  return math.min(#over, limit)
end

-- Counts writes that came too late.
function O.refuse(count)
  if count > 0 then call('HINCRBY', K.numbers, 'stale', count) end
end
