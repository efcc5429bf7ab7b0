-- Records. What was submitted is written once, when a job is accepted. What became of the job is a second, small value
-- that exists only once the job differs from a newly accepted one. So arguments are never written again.
--
-- asked    1 enqueued-at i64 | 9 run-at i64 | 17 acceptance number: block u64, place u16 | 27 digest 8 | 35 flags u8
--          36 priority u8 | 37 max attempts u16 | 39 queue's length u8 | 40 type's length u8 | 41 queue, type,
--          extras if flag 2, arguments. Flags: 1 the caller chose the id, 2 extras.
-- extras   length u32 (all of it) | flags u8 | timeout, expires, start i64 | release, conflict u8
--          | window i64 (-1: none) | lengths of key u16, return queue u8, metadata u32, tags u16 | parent 16
--          | key, return queue, metadata, tags
--          Flags: 1 unique, 2 return queue, 4 expires, 8 ... as a delay, 16 start, 32 ... as a delay, 64 parent,
--          128 timeout.
-- status   1 worker 8, counter u64, attempt u32 of the lease that was settled last | 21 kind of that settlement u8
--          (6: a crash that was reported, 255: none yet) | 22 state u8 | 23 run-at i64 (0: as submitted)
--          | 31 failures, attempt, max attempts u32 (0: as submitted)
--          | 43 crashes u16 | 45 number of crashes at which it became a suspect u8 (0: it is none)
--          | 46 interruptions u32
--          | 50 attempted-at, finished-at, keep-until, cancel-requested-at i64
--          | 82 expires i64 (-1: as submitted, 0: none) | 90 flags u8; then, each as u32 length and bytes, if its flag
--          is set: errors 32, progress 2, checkpoint 4, result 8. Flag 1: the result was cut.
--          The status of a job that completed the first time it ran is shorter: 21 is 254, followed by started-at i64
--          (0: derived from the run time), finished-at, keep-until i64, then the settlement: 0, flags u8 (1 cut,
--          2 result), run time i64, result
--          A job runs if and only if it has a lease (leases.lua), whatever its status says.
-- errors   each: at i64, attempt u32, kind u8, message's length u16, message

local _
local STATUS = '>c20BBi8I4I4I4I2BI4i8i8i8i8i8B'
local EXTRAS = '>I4Bi8i8i8BBi8I2BI4I2c16'

-- Parses the extras block that begins at a position.
function O.extras(asked, at)
  local x = { at = at }
  local keyLength, returnLength, metadataLength, tagsLength, next
  x.length, x.flags, x.timeout, x.expires, x.start, x.release, x.conflict, x.window, keyLength, returnLength,
    metadataLength, tagsLength, x.parent, next = unpackAt(EXTRAS, asked, at)
  if band(x.flags, 1) ~= 0 then x.key = sub(asked, next, next + keyLength - 1) end
  next = next + keyLength
  if band(x.flags, 2) ~= 0 then x.returnQueue = sub(asked, next, next + returnLength - 1) end
  next = next + returnLength
  x.metadataAt, x.metadataLength = next, metadataLength
  x.tagsAt, x.tagsLength = next + metadataLength, tagsLength
  return x
end

-- Parses the submitted part of a record into a job.
function O.readAsked(id, asked)
  local job = { id = id, asked = asked }
  local queueLength, typeLength
  job.enqueuedAt, job.firstRunAt = unpackAt('>i8i8', asked)
  job.seq = sub(asked, 17, 26)
  job.flags, job.priority, job.askedAttempts, queueLength, typeLength = unpackAt('>BBI2BB', asked, 35)
  job.queue = sub(asked, 41, 40 + queueLength)
  job.type = sub(asked, 41 + queueLength, 40 + queueLength + typeLength)
  job.lane = job.queue .. '|' .. job.type
  job.argumentsAt = 41 + queueLength + typeLength
  if band(job.flags, 2) ~= 0 then
    job.extras = O.extras(asked, job.argumentsAt)
    job.argumentsAt = job.argumentsAt + job.extras.length
    if job.extras.key then job.key = job.type .. '\0' .. job.extras.key end
  end
  return job
end

local function section(status, has, at)
  if not has then return nil, at end
  local length = unpackAt('>I4', status, at)
  return sub(status, at + 4, at + 3 + length), at + 4 + length
end

local NEVER = string.rep('\0', 20)

local function readCompleted(job, status)
  local started, ran, flags
  started, job.finishedAt, job.keepUntil, _, flags, ran = unpackAt('>i8i8i8BBi8', status, 22)
  job.mark, job.kind, job.state, job.attempt = sub(status, 1, 20), 0, COMPLETED, 1
  job.attemptedAt = started ~= 0 and started or job.finishedAt - ran
  job.isCut = band(flags, 1) ~= 0
  if band(flags, 2) ~= 0 then job.result = section(status, true, 56) end
end

-- Parses a status into a job, or fills in defaults if there is none. If there is a lease, parses it too: then the job
-- runs.
function O.readStatus(job, status, lease)
  job.hasStatus = status and true or false
  job.mark, job.kind = NEVER, 255
  job.runAt, job.failures, job.attempt, job.maxAttempts = job.firstRunAt, 0, 0, job.askedAttempts
  job.crashes, job.suspectedAt, job.interruptions = 0, 0, 0
  job.attemptedAt, job.finishedAt, job.keepUntil, job.cancelAt, job.ownExpires = 0, 0, 0, 0, -1
  job.expires = job.extras and band(job.extras.flags, 4) ~= 0 and job.extras.expires or 0
  if not status then
    job.state = job.firstRunAt > job.enqueuedAt and SCHEDULED or AVAILABLE
  elseif byte(status, 21) == 254 then
    readCompleted(job, status)
  else
    local runAt, attempts, flags, at
    job.mark, job.kind, job.state, runAt, job.failures, job.attempt, attempts, job.crashes, job.suspectedAt,
      job.interruptions, job.attemptedAt, job.finishedAt, job.keepUntil, job.cancelAt, job.ownExpires, flags, at =
      unpackAt(STATUS, status)
    if runAt ~= 0 then job.runAt = runAt end
    if attempts ~= 0 then job.maxAttempts = attempts end
    if job.ownExpires >= 0 then job.expires = job.ownExpires end
    job.errors, at = section(status, band(flags, 32) ~= 0, at)
    job.progress, at = section(status, band(flags, 2) ~= 0, at)
    job.checkpoint, at = section(status, band(flags, 4) ~= 0, at)
    job.result, at = section(status, band(flags, 8) ~= 0, at)
    job.isCut = band(flags, 1) ~= 0
  end
  if lease then
    job.lease, job.waited, job.state = lease, job.state, RUNNING
    job.leaseAttempt, job.startedAt, job.deadline = unpackAt('>I4i8i8', lease, 25)
    job.ownAttempt, job.ownAttemptedAt = job.attempt, job.attemptedAt
    if job.startedAt ~= 0 then
      job.attempt = job.leaseAttempt
      job.attemptedAt = job.startedAt
    end
  end
  return job
end

-- The job with an id, nil if there is none.
function O.load(id)
  local asked = call('HGET', K.jobs, id)
  if not asked then return nil end
  return O.readStatus(O.readAsked(id, asked), call('HGET', K.states, id), call('HGET', K.leases, id))
end

local function sized(text) return pack('>I4', #text) .. text end

-- Saves a job's status.
function O.save(job)
  local flags = job.isCut and 1 or 0
  local tail = ''
  if job.errors then
    flags = flags + 32
    tail = tail .. sized(job.errors)
  end
  if job.progress then
    flags = flags + 2
    tail = tail .. sized(job.progress)
  end
  if job.checkpoint then
    flags = flags + 4
    tail = tail .. sized(job.checkpoint)
  end
  if job.result then
    flags = flags + 8
    tail = tail .. sized(job.result)
  end
  call('HSET', K.states, job.id, pack(STATUS, job.mark, job.kind, job.state, job.runAt, job.failures, job.attempt,
    job.maxAttempts == job.askedAttempts and 0 or job.maxAttempts, job.crashes, job.suspectedAt, job.interruptions, job.attemptedAt,
    job.finishedAt, job.keepUntil, job.cancelAt, job.ownExpires, flags) .. tail)
  job.hasStatus = true
end

-- The errors of a record, each as its bytes.
function O.splitErrors(errors)
  local all, at = {}, 1
  while at <= #errors do
    local length = unpackAt('>I2', errors, at + 13)
    all[#all + 1] = sub(errors, at, at + 14 + length)
    at = at + 15 + length
  end
  return all
end

-- Adds an error. If there are more than MOST_ERRORS then, the second is dropped: the first and the latest ones stay.
function O.addError(job, kind, message)
  local error = pack('>i8I4BI2', now, job.attempt, kind, #message) .. message
  local all = O.splitErrors(job.errors or '')
  all[#all + 1] = error
  if #all > MOST_ERRORS then table.remove(all, 2) end
  job.errors = table.concat(all)
end

-- The message of the last error, nil if there is none.
function O.lastMessage(job)
  if not job.errors then return nil end
  local all = O.splitErrors(job.errors)
  return #all > 0 and sub(all[#all], 16) or nil
end

-- An acceptance number as a Lua number: the jobs of one call share a block and count up from it. (Lua compares strings
-- by the server's locale, so the bytes are never compared as strings.)
function O.number(seq)
  local block, place = unpackAt('>I8I2', seq)
  return block + place
end

-- The job's member name in sorted sets: its acceptance number, then its id.
function O.place(job) return job.seq .. job.id end
