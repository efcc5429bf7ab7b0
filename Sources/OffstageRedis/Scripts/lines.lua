-- Where jobs wait. A line is a level, a queue and a type ("4|mail|newsletter.send"). The level is one character: the
-- priority as a digit for available jobs, A to J for jobs that wait for their time (scheduled or retryable). For crash
-- suspects it is a to j (available) or k to t (waiting for their time). Available jobs are due whatever the clock
-- shows; the others are due by run-at.
-- Jobs that are accepted as available join a list, which is very cheap. All others are members of a sorted set next to
-- it, ordered by run-at and acceptance number. The two are merged when jobs are taken. A job that leaves the list other
-- than from its head leaves a stale entry there: its id is counted in `ghosts`, and a script that meets the entry skips
-- it.
-- An available job without a status is in the list; every other waiting job is in the sorted set. The list is also in
-- the order of run-at: after the clock has stepped back, new jobs go to the sorted set until it has caught up.
--
-- To avoid reading all lines, every line that is not empty is recorded with a place and indexed by it: in "lanes:QUEUE"
-- by type, and, unless the queue is paused, in "heads:LEVEL|TYPE" for all queues. The place is that of the line's first
-- job, or an earlier one, because leaving a list does not always update it.
-- lanes:   of a queue, by type, for each line: level 1, run-at i64, acceptance number 10, 1 if it has large records
--          or 0
-- heads:   acceptance number 10, queue; by run-at
-- types    by type: the levels that may have a line in heads:

function O.isWaiting(state) return state == SCHEDULED or state == AVAILABLE or state == RETRYABLE end

local char = string.char
local FIRST_LEVEL = { [false] = { [false] = 48, [true] = 65 }, [true] = { [false] = 97, [true] = 107 } }
function O.level(priority, isSuspect, isTimed) return char(FIRST_LEVEL[isSuspect][isTimed] + priority) end
function O.isTimed(level)
  local number = byte(level)
  return number >= 107 or number >= 65 and number < 97
end
function O.isSuspectLevel(level) return byte(level) >= 97 end
function O.priorityOf(level)
  local number = byte(level)
  return number - (number >= 107 and 107 or number >= 97 and 97 or number >= 65 and 65 or 48)
end

function O.line(job)
  return O.level(job.priority, job.suspectedAt > 0, job.state ~= AVAILABLE) .. '|' .. job.lane
end

local pausedQueues = {}
function O.isPaused(queue)
  if pausedQueues[queue] == nil then pausedQueues[queue] = call('SISMEMBER', K.paused, queue) == 1 end
  return pausedQueues[queue]
end

-- The lanes in which jobs became reservable, and how many; O.wakeWaiters wakes waiters for them.
local reservable = {}
function O.becameReservable(job)
  if not O.isPaused(job.queue) then
    reservable[job.lane] = (reservable[job.lane] or 0) + 1
  end
end
function O.laneBecameReservable(lane, count) reservable[lane] = (reservable[lane] or 0) + count end

-- The cached content of "lanes:" for a lane, as this script left it.
local ENTRY = 20
local known = {}
function O.linesOf(queue, type)
  local lane = queue .. '|' .. type
  if known[lane] == nil then
    local lines = call('HGET', O.lanesKey(queue), type) or ''
    known[lane] = #lines % ENTRY == 0 and lines or ''
  end
  return known[lane]
end
local function writeLines(queue, type, lines)
  known[queue .. '|' .. type] = lines
  if lines == '' then
    call('HDEL', O.lanesKey(queue), type)
  else
    call('HSET', O.lanesKey(queue), type, lines)
  end
end

-- Calls a function for each line in the result of linesOf, with its level and the position of its entry.
function O.eachLine(lines, visit)
  for at = 1, #lines, ENTRY do visit(sub(lines, at, at), at) end
end

local function split(line)
  local queue, type = string.match(line, '^.|(.-)|(.*)$')
  return sub(line, 1, 1), queue, type
end

local function entryAt(lines, level)
  for at = 1, #lines, ENTRY do
    if sub(lines, at, at) == level then return at end
  end
end

-- The recorded place of a line, nil if it is empty, and whether it has large records.
function O.headOf(line)
  local level, queue, type = split(line)
  local lines = O.linesOf(queue, type)
  local at = entryAt(lines, level)
  if at then return sub(lines, at + 1, at + 18), sub(lines, at + 19, at + 19) == '1' end
end

local function index(level, queue, type, place)
  call('ZADD', O.headsKey(level, type), (unpackAt('>i8', place)), sub(place, 9) .. queue)
  local levels = call('HGET', K.types, type) or ''
  if not find(levels, level, 1, true) then call('HSET', K.types, type, levels .. level) end
end
local function unindex(level, queue, type, place)
  call('ZREM', O.headsKey(level, type), sub(place, 9) .. queue)
end

-- Records the place of a line; nil if it is empty.
local function setHead(line, place, isLarge)
  local level, queue, type = split(line)
  local lines = O.linesOf(queue, type)
  local at = entryAt(lines, level)
  if not at and not place then return end
  local old = at and sub(lines, at + 1, at + 18)
  if at then isLarge = isLarge or sub(lines, at + 19, at + 19) == '1' end
  local entry = place and level .. place .. (isLarge and '1' or '0') or ''
  if not at then
    lines = lines .. entry
  elseif sub(lines, at, at + ENTRY - 1) ~= entry then
    lines = sub(lines, 1, at - 1) .. entry .. sub(lines, at + ENTRY)
  else
    return
  end
  writeLines(queue, type, lines)
  if old == place then return end
  if old then unindex(level, queue, type, old) end
  if place and not O.isPaused(queue) then index(level, queue, type, place) end
end

-- Shows the lines of a queue to reservations that name no queues, or hides them.
function O.showQueue(queue, shows)
  local lanes = call('HGETALL', O.lanesKey(queue))
  for i = 1, #lanes, 2 do
    O.eachLine(lanes[i + 1], function(level, at)
      local place = sub(lanes[i + 1], at + 1, at + 18)
      if shows then index(level, queue, lanes[i], place) else unindex(level, queue, lanes[i], place) end
    end)
  end
  pausedQueues[queue] = not shows
end

local function isBefore(a, b)
  local runAt, other = unpackAt('>i8', a), unpackAt('>i8', b)
  if runAt ~= other then return runAt < other end
  return O.number(sub(a, 9)) < O.number(sub(b, 9))
end

-- A record longer than this marks its line as large: a batch of its jobs must be measured before it is read.
O.LARGE = 16384

-- Notes that a job has entered a line at a place.
function O.enterLine(line, place, isLarge)
  local old, wasLarge = O.headOf(line)
  if not old or isBefore(place, old) then
    setHead(line, place, isLarge)
  elseif isLarge and not wasLarge then
    setHead(line, old, true)
  end
end

-- The current place of a line's first job, nil if there is none; and true if stale entries hide it.
function O.firstPlace(line)
  local place
  if not O.isTimed(line) then
    local id, isLong = O.firstListed(line)
    if not id and isLong then return nil, true end
    local record = id and call('HGET', K.jobs, id)
    if record and #record > 40 then place = sub(record, 9, 26) elseif id then place = O.headOf(line) end
  end
  local first = call('ZRANGE', O.laterKey(line), 0, 0, 'WITHSCORES')
  local other = first[2] and pack('>i8', tonumber(first[2])) .. sub(first[1], 1, 10)
  if other and (not place or isBefore(other, place)) then place = other end
  return place, false
end

-- Updates the recorded place of a line.
function O.refreshHead(line)
  local place, isHidden = O.firstPlace(line)
  if not isHidden then setHead(line, place) end
end

-- Records that a line is empty, if it is.
function O.closeIfEmpty(line)
  if call('EXISTS', O.lineKey(line), O.laterKey(line)) == 0 then setHead(line, nil) end
end

-- The lines that a reservation is taking from. Their places are updated once, when it has finished with them.
O.beingTaken = {}

-- Notes that a job has left a line. The place of a timed line must be exact, because it determines when the line is
-- due.
local function leftLine(line, job)
  if O.beingTaken[line] then return end
  if O.isTimed(line) and O.headOf(line) == pack('>i8', job.runAt) .. job.seq then return O.refreshHead(line) end
  O.closeIfEmpty(line)
end

-- Whether a job that is available from now on may join a line's list, that is, whether the list does not end with a
-- later one.
function O.mayJoinList(line)
  local last = call('LINDEX', O.lineKey(line), -1)
  local record = last and call('HGET', K.jobs, last)
  return not record or unpackAt('>i8', record, 9) <= now
end

-- Puts a waiting job that has a status, or a run-at in the future, into its line.
function O.stand(job)
  local line = O.line(job)
  call('ZADD', O.laterKey(line), job.runAt, O.place(job))
  O.enterLine(line, pack('>i8', job.runAt) .. job.seq)
  if job.state ~= AVAILABLE then call('ZADD', K.due, job.runAt, O.place(job)) end
  if job.state == AVAILABLE or job.runAt <= now then O.becameReservable(job) end
end

-- Removes a waiting job from its line.
function O.leave(job)
  local line = O.line(job)
  if not job.hasStatus and job.state == AVAILABLE then
    if job.isTaken then return end
    local key = O.lineKey(line)
    if call('LINDEX', key, -1) == job.id then
      call('RPOP', key)
    elseif call('LINDEX', key, 0) == job.id then
      call('LPOP', key)
    else
      call('HINCRBY', K.ghosts, job.id, 1)
    end
  else
    call('ZREM', O.laterKey(line), O.place(job))
    if job.state ~= AVAILABLE then call('ZREM', K.due, O.place(job)) end
  end
  leftLine(line, job)
end

-- Jobs with an expiry are watched while they wait or are held.
function O.watchExpiry(job)
  if job.expires > 0 then call('ZADD', K.expiring, job.expires, O.place(job)) end
end
function O.forgetExpiry(job)
  if job.expires > 0 then call('ZREM', K.expiring, O.place(job)) end
end

-- Moves a job from its state to another and saves it; updates lines, expiry watch and counts.
function O.move(job, state)
  local was = job.state
  if O.isWaiting(was) then O.leave(job) end
  if was ~= RUNNING and was < COMPLETED then O.forgetExpiry(job) end
  if was ~= state then
    O.count(was, job.lane, -1)
    O.count(state, job.lane, 1)
  end
  job.state = state
  if job.newRunAt then
    job.runAt = job.newRunAt
    job.newRunAt = nil
  end
  if job.newCrashes then
    job.crashes, job.suspectedAt = job.newCrashes, job.newSuspectedAt
    job.newCrashes = nil
  end
  O.save(job)
  if O.isWaiting(state) then O.stand(job) end
  if state ~= RUNNING and state < COMPLETED then O.watchExpiry(job) end
end

-- Gives a waiting job another time. The time decides whether it is scheduled or available.
function O.moveTo(job, runAt)
  job.newRunAt = runAt
  O.move(job, runAt > now and SCHEDULED or AVAILABLE)
end

-- Uncounts one stale entry that was removed from a list.
function O.layGhost(id)
  if call('HINCRBY', K.ghosts, id, -1) <= 0 then call('HDEL', K.ghosts, id) end
end

-- The first ids of a line's list; stale entries among them are removed. To keep the call short, it stops after a fixed
-- number of rounds: then it returns fewer ids than there are, and true.
local ROUNDS = 10
function O.listed(line, count)
  local key = O.lineKey(line)
  local ids = call('LRANGE', key, 0, count - 1)
  if #ids == 0 or call('EXISTS', K.ghosts) == 0 then return ids, false end
  for _ = 1, ROUNDS do
    local alive, marks = {}, O.values(K.ghosts, ids)
    for i, id in ipairs(ids) do
      if marks[i] then
        -- Of two entries of one id, the first is the stale one.
        call('LREM', key, 1, id)
        O.layGhost(id)
      else
        alive[#alive + 1] = id
      end
    end
    if #alive == #ids then return ids, false end
    ids = call('LRANGE', key, 0, count - 1)
    if #ids == 0 then return ids, false end
  end
  local alive, marks = {}, O.values(K.ghosts, ids)
  for i, id in ipairs(ids) do
    if not marks[i] then alive[#alive + 1] = id end
  end
  return alive, true
end

-- The first id of a line's list, nil if there is none; and true if one may follow behind a thousand stale entries.
function O.firstListed(line)
  local id = call('LINDEX', O.lineKey(line), 0)
  if not id or call('EXISTS', K.ghosts) == 0 or not call('HGET', K.ghosts, id) then return id, false end
  local ids, isLong = O.listed(line, 100)
  return ids[1], isLong
end

-- Parses a selection, "queue|queue;type|type" with "*" for all queues, into types and queues as sets, the queues in
-- their order, and the types by name.
function O.readSelection(text)
  local queues, types = string.match(text, '^(.-);(.*)$')
  local selection = { types = {}, names = {}, queues = false, order = {} }
  for type in string.gmatch(types, '[^|]+') do
    selection.types[type] = true
    selection.names[#selection.names + 1] = type
  end
  if queues ~= '*' then
    selection.queues = {}
    for queue in string.gmatch(queues, '[^|]+') do
      if not selection.queues[queue] then selection.order[#selection.order + 1] = queue end
      selection.queues[queue] = true
    end
  end
  return selection
end

-- For each job that became reservable, wakes one waiter that could take it. The waiter's entry is removed. A
-- publication without receivers was meant for a process that no longer exists, so the next waiter is notified.
local MOST_WOKEN = 128
function O.wakeWaiters()
  if not next(reservable) then return end
  local all = call('HGETALL', K.selections)
  for i = 1, #all, 2 do
    local name, selection = all[i], O.readSelection(all[i + 1])
    for lane, count in pairs(reservable) do
      local queue, type = string.match(lane, '^(.-)|(.*)$')
      if selection.types[type] and (not selection.queues or selection.queues[queue]) then
        local left = math.min(count, MOST_WOKEN)
        while left > 0 do
          local waiter = call('SPOP', O.idleKey(name))
          if not waiter then
            call('HDEL', K.selections, name)
            break
          end
          local instance, number = string.match(waiter, '^(.-)/(.*)$')
          -- Everything is written by now, so a failure here must not fail the script; waiters poll after a while.
          local heard = redis.pcall('PUBLISH', O.channel(instance), number .. '|' .. lane)
          if not tonumber(heard) then return end
          if heard > 0 then
            left = left - 1
            reservable[lane] = reservable[lane] - 1
          end
        end
        if reservable[lane] <= 0 then reservable[lane] = nil end
      end
    end
  end
end
