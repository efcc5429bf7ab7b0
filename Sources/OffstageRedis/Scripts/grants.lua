-- Granting: puts jobs under leases for one reservation, as far as there is room for them.

-- What a worker asks for; O.reserve describes the values.
local worker, grant, first, limit, startNow, holding, selection, workerName, room
local ids, records, statuses, hasStatuses = {}, {}, {}, false
local written = {}
-- The parts that the leases of one call share: their beginning; start and deadline for the jobs that start at once, and
-- for the others; and the same two with the attempt in front, where it is the first.
local FIRST = pack('>I4', 1)
local head, startedNow, notStarted, firstStarted, firstNotStarted
-- Jobs whose start gives up a key. Their successors are freed after everything has been given.
local starting = {}
-- Whether a job did not fit into the room that was left.
local isFull = false

-- Whether there is room for a job of this many bytes.
local function hasRoom(size)
  if size > room and #ids > 0 then
    isFull = true
    return false
  end
  room = room - size
  return true
end

local function give(id, record, status)
  local n = #ids + 1
  ids[n], records[n], statuses[n] = id, record, status
  if status then hasStatuses = true end
  return n
end

-- Answers a request that was sent again because its reply was lost: gives what it was granted and still holds.
local function giveAgain(granted)
  local all = {}
  for at = 1, #granted, 16 do all[#all + 1] = sub(granted, at, at + 15) end
  for i, lease in ipairs(O.values(K.leases, all)) do
    -- The client derives counters from positions, so the list must end at the first lease that is missing.
    if not lease or sub(lease, 1, 16) ~= head then return end
    local record, status = call('HGET', K.jobs, all[i]), call('HGET', K.states, all[i])
    if not record or not hasRoom(#record + (status and #status or 0)) then return end
    give(all[i], record, status)
  end
end

-- Puts a job that has neither extras nor history under a lease.
local FLAGS = { [0] = '\0', [1] = '\1' }
local function grantPlain(id, record, flags, lane)
  -- The same as "give", inlined: a call and a string more for each job are measurable here.
  local n = #ids + 1
  ids[n], records[n], statuses[n] = id, record, false
  local place = #written
  written[place + 1] = id
  written[place + 2] = head .. pack('>I8', first + n - 1) .. (n <= startNow and firstStarted or firstNotStarted)
    .. sub(record, 17, 26) .. id .. FLAGS[flags] .. lane
end

-- Writes the leases that were given since the last call.
local function writeGranted()
  if #written > 0 then
    O.each('HSET', K.leases, written)
    written = {}
  end
end

-- Writes the grant, after everything has been given.
local function writeGrant()
  writeGranted()
  if #ids == 0 then return end
  call('HSET', O.grantsKey(workerName), grant, table.concat(ids))
  call('HSET', O.heldKey(workerName), grant, #ids)
  call('ZADD', K.deadlines, 'LT', O.leaseEnd(), workerName)
end

-- Puts any other job under a lease.
local function grantJob(job, status)
  if job.state ~= AVAILABLE or job.hasStatus then O.leave(job) end
  O.forgetExpiry(job)
  O.count(job.state, job.lane, -1)
  O.count(RUNNING, job.lane, 1)
  local n = give(job.id, job.asked, status)
  local startsNow = n <= startNow
  job.lease = head .. pack('>I8I4', first + n - 1, job.failures + 1) .. (startsNow and startedNow or notStarted) .. job.seq
    .. job.id .. string.char(band(job.flags, 1) + 2) .. job.lane
  call('HSET', K.leases, job.id, job.lease)
  if job.suspectedAt > 0 then
    call('HSET', K.suspects, job.id, workerName)
    call('HDEL', K.turns, workerName)
  end
  job.state, job.leaseAttempt, job.startedAt = RUNNING, job.failures + 1, 0
  if startsNow and job.key and job.extras.release == 0 then starting[#starting + 1] = job end
end

-- After this many expired jobs or stale entries, the rest is left to the next call, so no call takes long.
local looks, ghosts = BATCH, 5 * BATCH
local function passGhost(id)
  O.layGhost(id)
  ghosts = ghosts - 1
  if ghosts == 0 then looks = 0 end
end
local marksGhosts
local function ghostMarks(found)
  if marksGhosts == nil then marksGhosts = call('EXISTS', K.ghosts) == 1 end
  return marksGhosts and O.values(K.ghosts, found)
end

-- Handles the job that comes first: discards it if its expiry has passed, else takes it. Returns whether the lines must
-- be read again because a successor was freed.
local function meet(job, status)
  if job.expires == 0 or job.expires > now then
    grantJob(job, status)
    return false
  end
  writeGranted()
  local freed = O.freed
  looks = looks - 1
  O.expire(job)
  return O.freed > freed
end
