-- Cancels, retries, removes or reschedules, by id or by filter.
-- KEYS[1]  the partition's base
-- ARGV[3]  the request's id; ARGV[4] cancel, retry, remove or reschedule; ARGV[5] 1 to only report what would be done;
--          ARGV[6] when: u8 (0 now, 1 after, 2 at) and i64, for reschedule
-- ARGV[7]  "ids", then ids; or "filter", then the state's number (-1: all), queue, type, tag, rank in two words (see
--          list.lua)
-- Returns  by id: an array of answers: D state | M removed | A cancellation requested | N not found | X state: not
--          possible in that state | H id: that job holds its unique key. By filter: changed, refused, rank to continue
--          behind or an empty list.

local action, isDry = ARGV[4], ARGV[5] == '1'

local ACTIONS = {}

function ACTIONS.cancel(job)
  if job.state >= COMPLETED then return 'X' .. string.char(job.state) end
  if job.state ~= RUNNING then
    if not isDry then O.finishJob(job, CANCELLED, 0) end
    return 'D' .. string.char(CANCELLED)
  end
  if not isDry and job.cancelAt == 0 then
    job.cancelAt = now
    O.saveRunning(job, 4)
  end
  return 'A'
end

function ACTIONS.retry(job)
  local state = job.state
  if state ~= SCHEDULED and state ~= RETRYABLE and state < COMPLETED then return 'X' .. string.char(state) end
  local hold = job.key and O.endExpired(job.key, job.id)
  if hold and O.isOver(hold) then hold = nil end
  if hold and hold.seq ~= job.seq then return 'H' .. hold.holder end
  if isDry then return 'D' .. string.char(AVAILABLE) end
  if ENDED[state] then O.leaveEnded(job) end
  local hadExpiry = job.expires > 0 and job.expires <= now
  if hadExpiry then
    O.forgetExpiry(job)
    job.expires, job.ownExpires = 0, 0
  end
  job.finishedAt, job.keepUntil, job.cancelAt, job.result, job.isCut = 0, 0, 0, nil, false
  job.newCrashes, job.newSuspectedAt = 0, 0
  job.maxAttempts = math.max(job.maxAttempts, job.failures + 1)
  job.newRunAt = now
  O.move(job, AVAILABLE)
  if not hold then O.acquire(job) end
  return 'D' .. string.char(AVAILABLE)
end

function ACTIONS.remove(job)
  if job.state == RUNNING then return 'X' .. string.char(job.state) end
  if isDry then return 'M' end
  O.forget(job)
  O.unlink(job)
  O.giveUp(job)
  if job.state < COMPLETED then O.announce(job, 255) end
  return 'M'
end

function ACTIONS.reschedule(job)
  if not O.isWaiting(job.state) then return 'X' .. string.char(job.state) end
  local kind, value = unpackAt('>Bi8', ARGV[6])
  local at = now
  if kind == 1 then at = O.after(value) elseif kind == 2 then at = math.max(now, value) end
  if isDry then return 'D' .. string.char(at > now and SCHEDULED or AVAILABLE) end
  O.moveTo(job, at)
  return 'D' .. string.char(job.state)
end

O.beginWriting()
local reply = O.replayed(ARGV[3])
if reply then return reply end

if ARGV[7] == 'ids' then
  reply = {}
  for i = 8, #ARGV do
    local job = O.load(ARGV[i])
    reply[#reply + 1] = job and ACTIONS[action](job) or 'N'
  end
else
  local changed, refused, seen, after, stopAt = 0, 0, 0, {}, nil
  O.walk(tonumber(ARGV[8]), ARGV[12], ARGV[13], function(job, keep, number, isLast)
    -- Skip jobs that an earlier change of this script freed or ended: they did not match the filter when it began.
    if job and ARGV[8] ~= '-1' and O.wasMoved[job.id] then return true end
    if stopAt then
      after = stopAt
      return false
    end
    seen = seen + 1
    if job and O.fits(job, ARGV[9], ARGV[10], ARGV[11]) then
      local answer = byte(ACTIONS[action](job))
      if answer == 88 or answer == 72 then refused = refused + 1 else changed = changed + 1 end
    end
    if changed >= BATCH or seen >= PAGE_EXAMINES or isLast then stopAt = { O.rank(keep, number) } end
    return true
  end)
  reply = { changed, refused, after }
end
return O.finish(O.remember(ARGV[3], reply))
