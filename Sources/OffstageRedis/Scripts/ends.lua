-- Ends: every job is ended, forgotten and counted here.

local NOTHING = '\255\255\255\255'

-- Counts an end, or a failure that is retried, in the current minute.
-- history  completed, failed, discarded, cancelled u64 | sum of all run times, longest run time i64
function O.inMinute(state, type, count, ran, longest)
  local minute = now - now % 60000000
  local field = string.format('%.0f', minute) .. '|' .. type
  local row = call('HGET', K.history, field)
  local completed, failed, discarded, cancelled, sum, most = 0, 0, 0, 0, 0, 0
  if row then
    completed, failed, discarded, cancelled, sum, most = unpackAt('>I8I8I8I8i8i8', row)
  else
    call('ZADD', K.minutes, minute, field)
  end
  if state == COMPLETED then
    completed = completed + count
  elseif state == DISCARDED then
    discarded = discarded + count
  elseif state == CANCELLED then
    cancelled = cancelled + count
  else
    failed = failed + count
  end
  call('HSET', K.history, field,
    pack('>I8I8I8I8i8i8', completed, failed, discarded, cancelled, sum + ran, math.max(most, longest)))
end

-- Announces a job's end (or, with state 255, its removal) if it has a return queue.
-- news     deliveries u32 | nonce i64 | at i64 | state u8 | id 16 | queue, type: length u8 and bytes | result, error:
--          length u32 (all ones: none) and bytes | metadata as submitted
function O.announce(job, state)
  local name = job.extras and job.extras.returnQueue
  if not name then return end
  local number = call('HINCRBY', K.numbers, 'news', 1)
  local error = state ~= COMPLETED and O.lastMessage(job)
  call('HSET', K.news, number, table.concat({
    pack('>I4i8i8B', 0, 0, now, state), job.id, string.char(#name), name, string.char(#job.type), job.type,
    job.result and pack('>I4', #job.result) .. job.result or NOTHING,
    error and pack('>I4', #error) .. error or NOTHING,
    sub(job.asked, job.extras.metadataAt, job.extras.metadataAt + job.extras.metadataLength - 1),
  }))
  local member = name .. '\0' .. pack('>I8', number)
  call('ZADD', K.newsorder, number, member)
  call('ZADD', K.newsnames, 0, member)
  call('ZADD', K.newsfresh, 0, member)
  call('HINCRBY', K.newswaiting, name, 1)
end

-- Deletes an announcement. Returns whether it existed.
function O.dropNews(name, number)
  local member = name .. '\0' .. pack('>I8', number)
  if call('HDEL', K.news, number) == 0 then return false end
  for _, key in ipairs({ K.newsorder, K.newsnames, K.newsfresh, K.newstaken }) do call('ZREM', key, member) end
  if call('HINCRBY', K.newswaiting, name, -1) <= 0 then call('HDEL', K.newswaiting, name) end
  return true
end

-- Ended jobs are ordered by keep-until, then by acceptance. Discarded and cancelled jobs are members of one sorted set
-- each (acceptance number 10, id 16, flags u8, lane). Completed jobs are far more numerous, so their sorted set has one
-- member for each lane that a call completed: "endings" holds the lane (u16 length, bytes), then 27 bytes for each job.
local ENTRY = 27
function O.endedEntry(job) return job.seq .. job.id .. string.char(band(job.flags, 1)) end

-- Notes jobs of one lane that one call completed; `entries` are joined.
function O.addCompleted(keepUntil, lane, entries)
  local name = pack('>I8', call('HINCRBY', K.numbers, 'endings', 1))
  call('HSET', K.endings, name, pack('>I2', #lane) .. lane .. entries)
  call('ZADD', K.completed, keepUntil, name)
  call('HINCRBY', K.numbers, 'completed', #entries / ENTRY)
end

-- The lane of an ending, and its entries.
local function readEnding(name)
  local ending = call('HGET', K.endings, name)
  local length = unpackAt('>I2', ending)
  return sub(ending, 3, 2 + length), sub(ending, 3 + length)
end

local function writeEnding(name, lane, entries)
  if entries == '' then
    call('HDEL', K.endings, name)
    call('ZREM', K.completed, name)
  else
    call('HSET', K.endings, name, pack('>I2', #lane) .. lane .. entries)
  end
end

-- The completed jobs with the same keep-until, by acceptance: entry, acceptance number, lane, ending.
function O.completedAt(keepUntil)
  local at, found = string.format('%.0f', keepUntil), {}
  for _, name in ipairs(call('ZRANGEBYSCORE', K.completed, at, at)) do
    local lane, entries = readEnding(name)
    for place = 1, #entries, ENTRY do
      local entry = sub(entries, place, place + ENTRY - 1)
      found[#found + 1] = { entry = entry, number = O.number(entry), lane = lane, name = name }
    end
  end
  table.sort(found, function(a, b) return a.number < b.number end)
  return found
end

-- Removes entries from an ending.
function O.leaveEnding(name, gone, count)
  local lane, entries = readEnding(name)
  local left = {}
  for place = 1, #entries, ENTRY do
    local entry = sub(entries, place, place + ENTRY - 1)
    if not gone[entry] then left[#left + 1] = entry end
  end
  writeEnding(name, lane, table.concat(left))
  call('HINCRBY', K.numbers, 'completed', -count)
end

-- Deletes an ending. Returns its lane and all its entries.
function O.takeEnding(name)
  local lane, entries = readEnding(name)
  writeEnding(name, lane, '')
  call('HINCRBY', K.numbers, 'completed', -#entries / ENTRY)
  return lane, entries
end

-- Adds an ended job to the jobs that ended in the same state, or removes it.
function O.joinEnded(job)
  if job.state == COMPLETED then
    O.addCompleted(job.keepUntil, job.lane, O.endedEntry(job))
  else
    call('ZADD', K[ENDED[job.state]], job.keepUntil, O.endedEntry(job) .. job.lane)
  end
end
function O.leaveEnded(job)
  local entry = O.endedEntry(job)
  if job.state ~= COMPLETED then return call('ZREM', K[ENDED[job.state]], entry .. job.lane) end
  for _, one in ipairs(O.completedAt(job.keepUntil)) do
    if one.entry == entry then return O.leaveEnding(one.name, { [entry] = true }, 1) end
  end
end

-- Ends a job for good: gives up its key unless a window keeps it, announces the end and counts it.
function O.finishJob(job, state, ran)
  job.finishedAt = now
  job.keepUntil = now + O.age(state, job.type)
  O.move(job, state)
  O.joinEnded(job)
  if job.key then
    O.unlink(job)
    local hold = O.anyHold(job.key)
    if hold and hold.seq == job.seq and (job.extras.release ~= 2 or hold.successor) then O.giveUp(job) end
  end
  O.announce(job, state)
  O.inMinute(state, job.type, 1, ran, ran)
end

-- Discards a job whose expiry has passed.
function O.expire(job)
  O.addError(job, FAILURE_EXPIRED, TEXT_EXPIRED)
  O.finishJob(job, DISCARDED, 0)
end

-- Removes jobs from the blocks in which they were accepted, given the number per block. A block of which little is left
-- is rewritten.
-- blocks   by block number: the ids accepted in one call, in order
function O.leaveBlocks(gone)
  for block, count in pairs(gone) do
    local left = call('HINCRBY', K.alive, block, -count)
    if left <= 0 then
      call('HDEL', K.alive, block)
      call('HDEL', K.blocks, block)
      call('ZREM', K.order, block)
    elseif left * 4 < call('HSTRLEN', K.blocks, block) / 16 then
      local all, kept = call('HGET', K.blocks, block), {}
      for at = 1, #all, 16 do
        local id = sub(all, at, at + 15)
        local seq = call('HGET', K.jobs, id)
        if seq and sub(seq, 17, 24) == block then kept[#kept + 1] = id end
      end
      call('HSET', K.blocks, block, table.concat(kept))
    end
  end
end

-- Remembers a caller's own id whose record is deleted, unless the retention time is already over.
-- tombs    by id: digest 8 | state u8 | until i64
function O.bury(id, digest, state, endedAt)
  local untilTime = math.max(endedAt + O.callerAge(), O.echoEnd(endedAt))
  if untilTime <= now then return end
  call('HSET', K.tombs, id, digest .. pack('>Bi8', state, untilTime))
  call('ZADD', K.graves, untilTime, id)
end

-- The time at which an ended job ended.
function O.endedAt(id)
  local status = call('HGET', K.states, id)
  return status and (unpackAt('>i8', status, byte(status, 21) == 254 and 30 or 58)) or 0
end

-- Deletes a job's record.
function O.forget(job)
  local state = job.state
  if O.isWaiting(state) then O.leave(job) end
  if state < COMPLETED then O.forgetExpiry(job) end
  if ENDED[state] then O.leaveEnded(job) end
  O.count(state, job.lane, -1)
  call('HDEL', K.jobs, job.id)
  call('HDEL', K.states, job.id)
  O.leaveBlocks({ [sub(job.seq, 1, 8)] = 1 })
  -- A job that was removed before its end must not run: a repeated enqueue finds it cancelled.
  local ended = ENDED[state]
  local lastState, endedAt = ended and state or CANCELLED, ended and job.finishedAt or now
  if band(job.flags, 1) ~= 0 then
    O.bury(job.id, sub(job.asked, 27, 34), lastState, endedAt)
  else
    O.keepEcho({ job.id }, lastState, endedAt)
  end
end
