-- Unique keys. A key (type NUL key) has one holder, and at most one successor, which is held until the holder gives the
-- key up. The successor belongs to the key, not to the holder.
-- hold     1 holder's id 16 | 17 its acceptance number 10 | 27 release u8 (0 started, 1 ended, 2 window) | 28 until i64
--          (-1: no window) | 36 the successor's id 16, or nothing

-- How many successors this script has freed, and which jobs it has moved as a side effect: jobs that were freed, and
-- jobs that were ended at a key that another one needed.
O.freed = 0
O.wasMoved = {}

local function readHold(text)
  local hold = { holder = sub(text, 1, 16), seq = sub(text, 17, 26) }
  hold.release, hold.untilTime = unpackAt('>Bi8', text, 27)
  if #text > 35 then hold.successor = sub(text, 36) end
  return hold
end

local function writeHold(key, hold)
  call('HSET', K.unique, key,
    hold.holder .. hold.seq .. pack('>Bi8', hold.release, hold.untilTime) .. (hold.successor or ''))
end

-- The hold on a key as stored, even if its window has passed.
function O.anyHold(key)
  local text = call('HGET', K.unique, key)
  return text and readHold(text)
end

-- Whether the window of a hold has passed.
function O.isOver(hold) return hold.untilTime >= 0 and hold.untilTime <= now end

-- Whether a job has not started and its expiry has passed. Such a job will not run and no longer holds anything.
function O.hasExpired(job)
  return job.expires > 0 and job.expires <= now and (job.state == HELD or O.isWaiting(job.state))
end

local function expireAtKey(job)
  O.wasMoved[job.id] = true
  O.expire(job)
end

-- Ends the jobs at a key whose expiry has passed, before the key is examined. The successor ends first, so that the
-- holder's end does not free it. The job `except`, which is about to be retried manually, is left alone. Returns the
-- resulting hold, even if its window has passed, with `job`, its holder, and `next`, its successor, where they have
-- records.
function O.endExpired(key, except)
  local hold = O.anyHold(key)
  if not hold then return nil end
  local job = O.load(hold.holder)
  if job and job.seq == hold.seq then hold.job = job end
  hold.next = hold.successor and O.load(hold.successor)
  local endsNext = hold.next and O.hasExpired(hold.next)
  local endsHolder = hold.job and hold.holder ~= except and O.hasExpired(hold.job)
  if not endsNext and not endsHolder then return hold end
  if endsNext then expireAtKey(hold.next) end
  if endsHolder then expireAtKey(hold.job) end
  return O.endExpired(key, except)
end

-- Gives its key to a job. A held successor keeps waiting for the key.
function O.acquire(job)
  if not job.key then return end
  local old = O.anyHold(job.key)
  local window = job.extras.window
  local hold = {
    holder = job.id, seq = job.seq, release = job.extras.release, untilTime = window >= 0 and O.after(window) or -1,
    successor = old and old.successor,
  }
  writeHold(job.key, hold)
  if window >= 0 then
    call('ZADD', K.windows, hold.untilTime, job.key)
  elseif old and old.untilTime >= 0 then
    call('ZREM', K.windows, job.key)
  end
end

-- Makes a job the successor of the job that holds its key.
function O.succeed(job, hold)
  hold.successor = job.id
  writeHold(job.key, hold)
end

-- Removes a held job as the successor at its key.
function O.unlink(job)
  local hold = job.key and O.anyHold(job.key)
  if hold and hold.successor == job.id then
    hold.successor = nil
    writeHold(job.key, hold)
    -- Upkeep stops watching a passed window while there is a successor, so watch it again.
    if hold.untilTime >= 0 then call('ZADD', K.windows, hold.untilTime, job.key) end
  end
end

-- Makes a job give up its key. A successor is freed and acquires the key.
function O.giveUp(job)
  local hold = job.key and O.anyHold(job.key)
  if not hold or hold.seq ~= job.seq then return end
  call('HDEL', K.unique, job.key)
  if hold.untilTime >= 0 then call('ZREM', K.windows, job.key) end
  if not hold.successor then return end
  local successor = O.load(hold.successor)
  if not successor then return end
  O.wasMoved[successor.id] = true
  if O.hasExpired(successor) then return O.expire(successor) end
  O.freed = O.freed + 1
  O.acquire(successor)
  O.moveTo(successor, math.max(now, successor.runAt))
end
