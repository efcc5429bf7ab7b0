-- Returns what prevents a job from starting.
-- KEYS[1]  the partition's base
-- ARGV[3]  the id; ARGV[4] at how many jobs ahead counting stops
-- Returns  nothing if there is no such job, else: wall clock, lease clock, row (see look.lua), 1 if its queue is
--          paused, how many due jobs of the queue come first, the id of the job that holds its key if the job is held,
--          else ''.

local job, cap = O.load(ARGV[3]), tonumber(ARGV[4])
if not job then return {} end

local function comesFirst(runAt, seq)
  return runAt < job.runAt or runAt == job.runAt and O.number(seq) < O.number(job.seq)
end

-- How many of a list's ids come before the job; the list is in order.
local function listedBefore(ids)
  local low, high = 0, #ids
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    local record = call('HGET', K.jobs, ids[middle])
    local isBefore = not record or #record < 41 or comesFirst(unpackAt('>i8', record, 9), sub(record, 17, 26))
    if isBefore then low = middle else high = middle - 1 end
  end
  return low
end

-- The due jobs of a line that come before the job, counted up to a limit; a line of a lower priority has none.
local function ahead(level, line, limit)
  local priority, isTimed = O.priorityOf(level), O.isTimed(level)
  if priority > job.priority then return 0 end
  local isBefore = priority < job.priority
  local count = 0
  if isBefore then
    count = math.min(limit, call('ZCOUNT', O.laterKey(line), '-inf', isTimed and now or '+inf'))
  else
    local last = isTimed and math.min(now, job.runAt) or job.runAt
    local later = call('ZRANGEBYSCORE', O.laterKey(line), '-inf', last, 'WITHSCORES', 'LIMIT', 0, limit)
    for i = 1, #later, 2 do
      if comesFirst(tonumber(later[i + 1]), sub(later[i], 1, 10)) then count = count + 1 end
    end
  end
  if isTimed then return count end
  local ids = O.listed(line, limit - count)
  return count + (isBefore and #ids or listedBefore(ids))
end

local rank = 0
if job.state == AVAILABLE or O.isWaiting(job.state) and job.runAt <= now then
  local lanes = call('HGETALL', O.lanesKey(job.queue))
  for i = 1, #lanes, 2 do
    O.eachLine(lanes[i + 1], function(level)
      if rank < cap then
        rank = math.min(cap, rank + ahead(level, level .. '|' .. job.queue .. '|' .. lanes[i], cap - rank))
      end
    end)
  end
end
-- A holder whose expiry has passed blocks no job: the next upkeep ends it.
local hold = job.state == HELD and job.key and O.anyHold(job.key)
local holder = hold and O.load(hold.holder)
if holder and O.hasExpired(holder) then hold = nil end
return {
  now, O.leaseNow(), O.row(job, true), call('SISMEMBER', K.paused, job.queue), rank, hold and hold.holder or '',
}
