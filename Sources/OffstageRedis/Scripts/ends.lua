-- Ends: whatever road a job takes, it is ended, forgotten and counted here.

local NOTHING = '\255\255\255\255'

-- Counts an end, or a failure that is retried, in its minute.
-- history  completed, failed, discarded, cancelled u64 | run time of all, longest i64
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
--          length u32 (all ones: none) and bytes | metadata as it was asked
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

-- Takes an announcement away; answers whether it was there.
function O.dropNews(name, number)
  local member = name .. '\0' .. pack('>I8', number)
  if call('HDEL', K.news, number) == 0 then return false end
  for _, key in ipairs({ K.newsorder, K.newsnames, K.newsfresh, K.newstaken }) do call('ZREM', key, member) end
  if call('HINCRBY', K.newswaiting, name, -1) <= 0 then call('HDEL', K.newswaiting, name) end
  return true
end

-- The member under which an ended job stands among those that ended like it; it holds all that pruning must know.
function O.endedMember(job) return job.seq .. job.id .. string.char(band(job.flags, 1)) .. job.lane end

-- Ends a job for good: frees whoever waits for it, announces it and counts it.
function O.finishJob(job, state, ran)
  job.finishedAt = now
  job.keepUntil = now + O.age(state, job.type)
  O.move(job, state)
  call('ZADD', K[ENDED[state]], job.keepUntil, O.endedMember(job))
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
  O.addError(job, 6, 'expired before it could start')
  O.finishJob(job, DISCARDED, 0)
end

-- Takes ids out of the blocks they were accepted in; a block of which little is left is written anew.
-- blocks   by block number: the ids accepted in one call, in their order
function O.leaveBlocks(gone)
  for block, ids in pairs(gone) do
    local left = call('HINCRBY', K.alive, block, -#ids)
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

-- Remembers a caller's own id whose record goes. Tombs: digest 8 | state u8 | until i64
function O.bury(id, digest, state, untilTime)
  call('HSET', K.tombs, id, digest .. pack('>Bi8', state, untilTime))
  call('ZADD', K.graves, untilTime, id)
end

-- Takes a record away.
function O.forget(job)
  local state = job.state
  if O.isWaiting(state) then O.leave(job) end
  if state < COMPLETED then O.forgetExpiry(job) end
  if ENDED[state] then call('ZREM', K[ENDED[state]], O.endedMember(job)) end
  O.count(state, job.lane, -1)
  call('HDEL', K.jobs, job.id)
  call('HDEL', K.states, job.id)
  O.leaveBlocks({ [sub(job.seq, 1, 8)] = { job.id } })
  if band(job.flags, 1) ~= 0 then
    local ended = ENDED[state]
    O.bury(job.id, sub(job.asked, 27, 34), ended and state or CANCELLED,
      (ended and job.finishedAt or now) + O.callerAge())
  end
end
