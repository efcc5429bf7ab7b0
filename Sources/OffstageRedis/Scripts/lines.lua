-- Where jobs stand in line. A line is a priority, a queue and a type ("4|mail|newsletter.send"; suspects of a crash
-- stand in "s4|..."). Jobs that are accepted as available join a list, which costs next to nothing; all others, those
-- that come back or have a time ahead, stand in a sorted set beside it, by run-at and acceptance number. The two are
-- merged when jobs are taken. A job that leaves the list other than by its head leaves a ghost: its id is counted in
-- "ghosts", and whoever meets it there passes over it.
-- A job without a status that is available is in the list; every other waiting job is in the sorted set. The list is in
-- the order of run-at, too: should the clock have stepped back, new jobs go to the sorted set until it has caught up.

function O.isWaiting(state) return state == SCHEDULED or state == AVAILABLE or state == RETRYABLE end

function O.line(job)
  return (job.suspectedAt > 0 and 's' or '') .. job.priority .. '|' .. job.lane
end

-- The lanes in which jobs became reservable, with how many; O.wakeWaiters tells those who wait for them.
local reservable = {}
function O.becameReservable(job)
  if call('SISMEMBER', K.paused, job.queue) == 0 then
    reservable[job.lane] = (reservable[job.lane] or 0) + 1
  end
end
function O.laneBecameReservable(lane, count) reservable[lane] = (reservable[lane] or 0) + count end

-- Whether a job that is available from now on may join a line's list: nothing later stands at its end.
function O.mayJoinList(line)
  local last = call('LINDEX', O.lineKey(line), -1)
  local record = last and call('HGET', K.jobs, last)
  return not record or unpackAt('>i8', record, 9) <= now
end

-- Puts a waiting job that has a status, or a time ahead, into its line.
function O.stand(job)
  local line = O.line(job)
  call('ZADD', O.laterKey(line), job.runAt, O.place(job))
  call('HSET', K.open, line, 1)
  if job.state ~= AVAILABLE then call('ZADD', K.due, job.runAt, O.place(job)) end
  if job.runAt <= now then O.becameReservable(job) end
end

-- Takes a waiting job out of its line.
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
end

-- Jobs with an expiry are watched while they wait or are held.
function O.watchExpiry(job)
  if job.expires > 0 then call('ZADD', K.expiring, job.expires, O.place(job)) end
end
function O.forgetExpiry(job)
  if job.expires > 0 then call('ZREM', K.expiring, O.place(job)) end
end

-- Moves a job from the state it was in to another and writes it down: lines, watch and counts follow.
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

-- Gives a waiting job another time: it is scheduled or available by it.
function O.moveTo(job, runAt)
  job.newRunAt = runAt
  O.move(job, runAt > now and SCHEDULED or AVAILABLE)
end

-- The first ids of a line's list; ghosts among them are dropped.
function O.listed(line, count)
  local key = O.lineKey(line)
  local ids = call('LRANGE', key, 0, count - 1)
  if #ids == 0 or call('EXISTS', K.ghosts) == 0 then return ids end
  local hasGhosts = false
  for _, id in ipairs(ids) do
    if call('HGET', K.ghosts, id) then
      -- Of two entries of one id the first is the ghost.
      call('LREM', key, 1, id)
      if call('HINCRBY', K.ghosts, id, -1) <= 0 then call('HDEL', K.ghosts, id) end
      hasGhosts = true
    end
  end
  return hasGhosts and O.listed(line, count) or ids
end

-- Reads a selection, "queue|queue;type|type" with "*" for all queues.
function O.readSelection(text)
  local queues, types = string.match(text, '^(.-);(.*)$')
  local selection = { types = {}, queues = false, order = {} }
  for type in string.gmatch(types, '[^|]+') do selection.types[type] = true end
  if queues ~= '*' then
    selection.queues = {}
    for queue in string.gmatch(queues, '[^|]+') do
      selection.order[#selection.order + 1] = queue
      selection.queues[queue] = true
    end
  end
  return selection
end

-- Wakes, for each job that became reservable, one of those who wait and could take it: their entry is taken away, and
-- a publication that nobody receives was meant for a process that is gone, so the next one is told.
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
          -- All is written by now, so this must not fail the script; the waiters look by themselves after a while.
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
