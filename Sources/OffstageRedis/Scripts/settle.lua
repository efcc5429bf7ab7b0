-- Settle: records how attempts ended. The plain end, of a job without extras that completed the first time it ran, is
-- assembled from pieces of strings and batched, so a thousand of them cost five commands.

-- What the plain ends of a call will write.
local ended = { ids = {}, states = {}, lanes = {}, grants = {}, count = 0 }

local function writeEnded(worker)
  if ended.count == 0 then return end
  O.each('HDEL', K.leases, ended.ids)
  O.each('HSET', K.states, ended.states)
  for lane, tally in pairs(ended.lanes) do
    local count = #tally.entries
    O.count(RUNNING, lane, -count)
    O.count(COMPLETED, lane, count)
    O.addCompleted(tally.keep, lane, table.concat(tally.entries))
    O.inMinute(COMPLETED, tally.type, count, tally.ran, tally.longest)
  end
  O.leaveGrants(O.hex(worker), ended.grants)
  ended = { ids = {}, states = {}, lanes = {}, grants = {}, count = 0 }
end

local function completePlain(id, worker, proof, lease, end_)
  local lane = sub(lease, 72)
  local tally = ended.lanes[lane]
  if not tally then
    local type = string.match(lane, '|(.*)$')
    local keep = now + O.age(COMPLETED, type)
    tally = { type = type, keep = keep, times = pack('>i8i8', now, keep), entries = {}, ran = 0, longest = 0 }
    ended.lanes[lane] = tally
  end
  local n = ended.count + 1
  ended.count = n
  ended.ids[n] = id
  ended.states[2 * n - 1] = id
  ended.states[2 * n] = worker .. proof .. '\254' .. sub(lease, 29, 36) .. tally.times .. end_
  tally.entries[#tally.entries + 1] = sub(lease, 45, 71)
  local ran = unpackAt('>i8', end_, 3)
  tally.ran = tally.ran + ran
  if ran > tally.longest then tally.longest = ran end
  local grant = sub(lease, 9, 16)
  ended.grants[grant] = (ended.grants[grant] or 0) + 1
end

local function readWhen(tail, at)
  local kind, value = unpackAt('>Bi8', tail, at)
  if kind == 0 then return now, at + 9 end
  return math.max(now, kind == 1 and O.after(value) or value), at + 9
end

local function readFailure(job, tail, at)
  local kind, message = unpackAt('>BI2c0', tail, at)
  O.addError(job, kind, message)
end

-- The id in the usual UUID format.
local function uuid(id)
  local hex = O.hex(id)
  return table.concat({ sub(hex, 1, 8), sub(hex, 9, 12), sub(hex, 13, 16), sub(hex, 17, 20), sub(hex, 21) }, '-')
end

-- The follow-ups of this call that could not be stored, appended to the answers: the settlement's index u16, the
-- follow-up's id 16, X or D, and for D the id of the job that holds its unique key.
local refused = {}

-- Stores the follow-ups of a job that has completed. A follow-up that could not be stored becomes an error on the job's
-- record, in the words of RefusedFollowUp.
local function followUps(job, place, tail, at)
  local count = unpackAt('>I2', tail, at)
  local words = {}
  at = at + 2
  for i = 1, count do
    local length = unpackAt('>I4', tail, at + 16)
    words[2 * i - 1] = sub(tail, at, at + 15)
    words[2 * i] = sub(tail, at + 20, at + 19 + length)
    at = at + 20 + length
  end
  local hasRefused = false
  for i, answer in ipairs(O.accept(words, 1, count)) do
    local letter, id, why = sub(answer, 1, 1), words[2 * i - 1], nil
    if letter == 'X' then
      why = string.format(TEXT_ID_TAKEN, uuid(id))
    elseif letter == 'D' then
      why = string.format(TEXT_KEY_HELD, uuid(sub(answer, 3)))
    end
    if why then
      O.addError(job, FAILURE_FAILED, string.format(TEXT_FOLLOW_UP_REFUSED, uuid(id), why))
      refused[#refused + 1] = pack('>I2', place) .. id .. letter .. sub(answer, 3)
      hasRefused = true
    end
  end
  if hasRefused then O.save(job) end
end

local APPLY = {
  [0] = function(job, tail, ran, place)
    local flags, at = byte(tail, 2), 11
    job.isCut = band(flags, 1) ~= 0
    job.result, job.checkpoint = nil, nil
    if band(flags, 2) ~= 0 then
      local length = unpackAt('>I4', tail, 11)
      job.result = sub(tail, 15, 14 + length)
      at = 15 + length
    end
    O.finishJob(job, COMPLETED, ran)
    if band(flags, 4) ~= 0 then followUps(job, place, tail, at) end
  end,
  [1] = function(job, tail, ran)
    local when = readWhen(tail, 11)
    readFailure(job, tail, 20)
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    job.failures = job.failures + 1
    O.inMinute(RETRYABLE, job.type, 1, ran, ran)
    O.goBack(job, RETRYABLE, when)
  end,
  [2] = function(job, tail, ran)
    readFailure(job, tail, 11)
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    job.failures = job.failures + 1
    O.finishJob(job, DISCARDED, ran)
  end,
  [3] = function(job, tail, ran)
    if byte(tail, 11) == 1 then readFailure(job, tail, 12) end
    O.finishJob(job, CANCELLED, ran)
  end,
  [4] = function(job, tail, ran)
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    job.interruptions = job.interruptions + 1
    O.goBack(job, SCHEDULED, (readWhen(tail, 11)))
  end,
  [5] = function(job, tail, ran)
    if byte(tail, 11) == 1 then readFailure(job, tail, 12) end
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    -- A reservation may have noted a start that never happened; a run time below 0 shows that.
    if byte(tail, 3) < 128 then job.interruptions = job.interruptions + 1 end
    O.goBack(job, AVAILABLE, job.runAt)
  end,
}

-- Settles any other end, one job at a time.
local function settleOne(worker, id, proof, end_, place)
  local job = O.load(id)
  local kind, _, ran = unpackAt('>BBi8', end_)
  if not job then return 'G' end
  if not job.lease or sub(job.lease, 1, 8) ~= worker or sub(job.lease, 17, 28) ~= proof then
    if job.mark == worker .. proof and job.kind == kind then return 'A' end
    O.refuse(job, O.hex(worker))
    return 'S'
  end
  O.dropLease(job)
  if ran >= 0 then O.started(job, now - ran) end
  job.mark, job.kind = worker .. proof, kind
  APPLY[kind](job, end_, math.max(ran, 0), place)
  return 'A'
end

-- Settles a list of attempts, three words each: id, proof, end. Returns one letter each, then the follow-ups that could
-- not be stored.
function O.settle(worker, words, first, count, areDistinct)
  local answers, ids = {}, {}
  for i = 1, count do ids[i] = words[first + 3 * i - 3] end
  local leases = O.values(K.leases, ids)
  for i = 1, count do
    local lease, proof, end_ = leases[i], words[first + 3 * i - 2], words[first + 3 * i - 1]
    local kind, flags, sign = byte(end_, 1, 3)
    -- The plain end: a lease with no flags other than 1, and an end of kind 0 with a run time and without follow-ups.
    if areDistinct and lease and byte(lease, 71) < 2 and kind == 0 and sign < 128 and flags < 4
      and find(lease, worker, 1, true) == 1 and find(lease, proof, 17, true) == 17 then
      completePlain(ids[i], worker, proof, lease, end_)
      answers[i] = 'A'
    else
      writeEnded(worker)
      answers[i] = settleOne(worker, ids[i], proof, end_, i - 1)
    end
  end
  writeEnded(worker)
  return table.concat(answers) .. table.concat(refused)
end
