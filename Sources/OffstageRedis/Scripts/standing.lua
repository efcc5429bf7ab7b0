-- What stands between a job and its start.
-- KEYS[1]  the partition's base
-- ARGV[3]  the id; ARGV[4] where counting who stands ahead stops
-- Returns nothing if there is no such job, else: wall clock, lease clock, row (see look.lua), 1 if its queue is
--          paused, how many due jobs of the queue come first, the id of who holds its key if it is held, else ''.

local job, cap = O.load(ARGV[3]), tonumber(ARGV[4])
if not job then return {} end

local function comesFirst(runAt, seq)
  return runAt < job.runAt or runAt == job.runAt and O.number(seq) < O.number(job.seq)
end

-- Those of a line that come before the job, counted up to a limit; a line of a lower priority has none.
local function ahead(line, limit)
  local priority, queue = string.match(line, '^s?(%d)|(.-)|')
  priority = tonumber(priority)
  if queue ~= job.queue or priority > job.priority then return 0 end
  local isBefore = priority < job.priority
  local count = 0
  local later = call('ZRANGEBYSCORE', O.laterKey(line), '-inf', isBefore and now or job.runAt, 'WITHSCORES', 'LIMIT', 0,
    limit)
  for i = 1, #later, 2 do
    if isBefore or comesFirst(tonumber(later[i + 1]), sub(later[i], 1, 10)) then count = count + 1 end
  end
  for _, id in ipairs(O.listed(line, limit - count)) do
    local record = call('HGET', K.jobs, id)
    local runAt = unpackAt('>i8', record, 9)
    if runAt > now or not isBefore and not comesFirst(runAt, sub(record, 17, 26)) then break end
    count = count + 1
  end
  return count
end

local rank = 0
if O.isWaiting(job.state) and job.runAt <= now then
  for _, line in ipairs(call('HKEYS', K.open)) do
    if rank < cap then rank = math.min(cap, rank + ahead(line, cap - rank)) end
  end
end
-- A holder whose expiry has passed keeps nobody waiting: the next upkeep ends it.
local hold = job.state == HELD and job.key and O.anyHold(job.key)
local holder = hold and O.load(hold.holder)
if holder and O.hasExpired(holder) then hold = nil end
return {
  now, O.leaseNow(), O.row(job, true), call('SISMEMBER', K.paused, job.queue), rank, hold and hold.holder or '',
}
