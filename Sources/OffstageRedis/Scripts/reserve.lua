-- Reserve: gives a worker the next jobs of a selection, each under a lease. Lines are taken strictly by queue if queues are
-- named, then by priority, run-at and acceptance number. Suspects of a crash go to a worker that holds nothing else, and
-- alone.

-- What a worker asks for, as words: worker 8, first counter u64, limit, how many start at once, how many other leases the
-- worker holds, suspects (a: one alone if there is one and it is the worker's turn; then, if it wants the turn, for how many
-- microseconds; n: never, o: only them), selection ("queue|queue;type|type", "*"
-- for all queues).
local worker, grant, first, limit, startNow, holding, selection, workerName
local ids, records, statuses, hasStatuses = {}, {}, {}, false
local written = {}
-- The pieces that leases of one call share: those of the jobs that start at once, and of those that do not.
local FIRST = pack('>I4', 1)
local startedNow, notStarted, head

local function give(id, record, status)
  local n = #ids + 1
  ids[n], records[n], statuses[n] = id, record, status
  if status then hasStatuses = true end
  return n
end

-- The same wish, sent again because its reply was lost: what it was given and still holds.
local function giveAgain(granted)
  local all = {}
  for at = 1, #granted, 16 do all[#all + 1] = sub(granted, at, at + 15) end
  for i, lease in ipairs(O.values(K.leases, all)) do
    -- Counters are told by place, so a place whose lease has gone meanwhile ends what can be told.
    if not lease or sub(lease, 1, 16) ~= head then return end
    give(all[i], call('HGET', K.jobs, all[i]), call('HGET', K.states, all[i]))
  end
end

-- Puts a job that has neither extras nor history under a lease.
local FLAGS = { [0] = '\0', [1] = '\1' }
local function grantPlain(id, record, flags, lane)
  local n = give(id, record, false)
  local place = #written
  written[place + 1] = id
  written[place + 2] = head .. pack('>I8', first + n - 1) .. FIRST .. (n <= startNow and startedNow or notStarted)
    .. sub(record, 17, 26) .. id .. FLAGS[flags] .. lane
end

-- Writes the leases that were given since it was last called.
local function writeGranted()
  if #written > 0 then
    O.each('HSET', K.leases, written)
    written = {}
  end
end

-- Writes the grant, once everything has been given.
local function writeGrant()
  writeGranted()
  if #ids == 0 then return end
  call('HSET', O.grantsKey(workerName), grant, table.concat(ids))
  call('HSET', O.heldKey(workerName), grant, #ids)
  call('ZADD', K.deadlines, 'LT', mono + leaseTime, workerName)
end

-- Puts any other job under a lease.
local function grantJob(job)
  if job.state ~= AVAILABLE or job.hasStatus then O.leave(job) end
  O.forgetExpiry(job)
  O.count(job.state, job.lane, -1)
  O.count(RUNNING, job.lane, 1)
  local n = give(job.id, job.asked, job.hasStatus and call('HGET', K.states, job.id))
  local startsNow = n <= startNow
  job.lease = head .. pack('>I8I4', first + n - 1, job.failures + 1) .. (startsNow and startedNow or notStarted) .. job.seq
    .. job.id .. string.char(band(job.flags, 1) + 2) .. job.lane
  call('HSET', K.leases, job.id, job.lease)
  if job.suspectedAt > 0 then
    call('HSET', K.suspects, job.id, workerName)
    call('HDEL', K.turns, workerName)
  end
  job.state, job.leaseAttempt, job.startedAt = RUNNING, job.failures + 1, 0
  if startsNow then O.started(job, now) end
end

-- After so many jobs met after their expiry the rest is left to the next call, so that no call is long.
local looks = 1000

-- Looks at a job that stands first in line: discards it if its expiry has passed, else takes it. Answers whether the
-- lines have to be looked at again, because somebody was freed.
local function meet(job)
  if job.expires == 0 or job.expires > now then
    grantJob(job)
    return false
  end
  local freed = O.freed
  looks = looks - 1
  O.expire(job)
  return O.freed > freed
end

-- The lines of the selection that are open, by group (named queues are groups in their order) and priority.
local isPaused = {}
local function openLines(suspects)
  local groups, byQueue = {}, {}
  for _, line in ipairs(call('HKEYS', K.open)) do
    local isSuspect, priority, queue, type = string.match(line, '^(s?)(%d)|(.-)|(.*)$')
    if selection.types[type] and (not selection.queues or selection.queues[queue])
      and (suspects == nil or suspects == (isSuspect == 's')) then
      if isPaused[queue] == nil then isPaused[queue] = call('SISMEMBER', K.paused, queue) == 1 end
      if not isPaused[queue] then
        local group = selection.queues and queue or '*'
        byQueue[group] = byQueue[group] or {}
        local level = tonumber(priority)
        byQueue[group][level] = byQueue[group][level] or {}
        table.insert(byQueue[group][level], { name = line, lane = queue .. '|' .. type })
      end
    end
  end
  for _, name in ipairs(selection.queues and selection.order or { '*' }) do
    if byQueue[name] then groups[#groups + 1] = byQueue[name] end
  end
  return groups
end

local function dueLater(line, count)
  return call('ZRANGEBYSCORE', O.laterKey(line), '-inf', now, 'LIMIT', 0, count)
end

local function closeIfEmpty(line)
  if call('EXISTS', O.lineKey(line), O.laterKey(line)) == 0 then call('HDEL', K.open, line) end
end

-- Takes the head of a list as a whole, while nothing that came back stands before it; answers whether to look again.
local function takeList(line)
  local wanted = limit - #ids
  local key = O.lineKey(line.name)
  local taken = call('LPOP', key, wanted)
  if not taken then
    closeIfEmpty(line.name)
    return false
  end
  local got = #taken
  if call('EXISTS', K.ghosts) == 1 then
    local alive = {}
    for _, id in ipairs(taken) do
      if call('HGET', K.ghosts, id) then
        if call('HINCRBY', K.ghosts, id, -1) <= 0 then call('HDEL', K.ghosts, id) end
      else
        alive[#alive + 1] = id
      end
    end
    taken = alive
    if #alive == 0 then return true end
  end
  local found, plain = O.values(K.jobs, taken), 0
  -- The list is in the order of run-at; only a clock that stepped back makes its end lie ahead.
  local isEarly = false
  while #taken > 0 and found[#taken] and #found[#taken] > 40 and unpackAt('>i8', found[#taken], 9) > now do
    call('LPUSH', key, table.remove(taken))
    isEarly = true
  end
  for i, id in ipairs(taken) do
    local record = found[i]
    -- A record that somebody else has cut short is passed over, or its neighbours would be lost with it.
    local flags = record and #record > 40 and byte(record, 35)
    if flags and flags < 2 then
      grantPlain(id, record, flags, line.lane)
      plain = plain + 1
    elseif flags then
      writeGranted()
      local job = O.readStatus(O.readAsked(id, record), false)
      job.isTaken = true
      local again = meet(job)
      if again or looks == 0 then
        for rest = #taken, i + 1, -1 do call('LPUSH', key, taken[rest]) end
        again = true
      end
      if again then
        O.count(AVAILABLE, line.lane, -plain)
        O.count(RUNNING, line.lane, plain)
        return true
      end
    end
  end
  O.count(AVAILABLE, line.lane, -plain)
  O.count(RUNNING, line.lane, plain)
  if isEarly then return false end
  if got < wanted then
    closeIfEmpty(line.name)
    return false
  end
  return #ids < limit
end

-- Takes from lines of one priority in the order of run-at and acceptance, one by one.
local CHUNK = 100
local function merge(lines)
  writeGranted()
  local heads = {}
  local function fill(head)
    head.at, head.jobs = 1, {}
    for _, member in ipairs(dueLater(head.line.name, CHUNK)) do
      local job = O.load(sub(member, 11))
      if job then head.jobs[#head.jobs + 1] = job end
    end
    head.isFull = #head.jobs == CHUNK
    local listed = O.listed(head.line.name, CHUNK)
    for _, id in ipairs(listed) do
      local job = O.load(id)
      if job and job.runAt <= now then
        job.isListed = true
        head.jobs[#head.jobs + 1] = job
      end
    end
    if #listed == CHUNK then head.isFull = true end
    table.sort(head.jobs, function(a, b)
      if a.runAt ~= b.runAt then return a.runAt < b.runAt end
      return O.number(a.seq) < O.number(b.seq)
    end)
  end
  for i, line in ipairs(lines) do
    heads[i] = { line = line }
    fill(heads[i])
  end
  -- Of a head that was read in part only the first chunk is sure to be in order with what was left unread.
  local taken = {}
  while #ids < limit and looks > 0 do
    local best
    for _, head in ipairs(heads) do
      local job = head.jobs[head.at]
      if not job and head.isFull then
        fill(head)
        job = head.jobs[head.at]
      end
      if job and (not best or job.runAt < best.job.runAt
        or job.runAt == best.job.runAt and O.number(job.seq) < O.number(best.job.seq)) then
        best = { job = job, head = head }
      end
    end
    if not best then break end
    best.head.at = best.head.at + 1
    best.head.taken = (best.head.taken or 0) + 1
    if best.job.isListed then
      call('LPOP', O.lineKey(best.head.line.name))
      best.job.isTaken = true
    end
    if meet(best.job) then return true end
    if best.head.isFull and best.head.taken >= CHUNK then
      best.head.taken = 0
      fill(best.head)
    end
  end
  for _, line in ipairs(lines) do closeIfEmpty(line.name) end
  return false
end

local function isSuspectDue()
  for _, group in ipairs(openLines(true)) do
    for _, lines in pairs(group) do
      for _, line in ipairs(lines) do
        if #dueLater(line.name, 1) > 0 then return true end
      end
    end
  end
  return false
end

local function takeSuspect()
  while looks > 0 do
    local again = false
    for _, group in ipairs(openLines(true)) do
      for priority = 0, 9 do
        if group[priority] and not again then
          local wanted = limit
          limit = 1
          again = merge(group[priority])
          limit = wanted
          if #ids > 0 then return end
        end
      end
      if again then break end
    end
    if not again then return end
  end
end

local function takeOrdinary()
  while #ids < limit and looks > 0 do
    local again = false
    for _, group in ipairs(openLines(false)) do
      for priority = 0, 9 do
        local lines = group[priority]
        if lines and #ids < limit and looks > 0 and not again then
          if #lines == 1 and #dueLater(lines[1].name, 1) == 0 then
            again = takeList(lines[1])
          else
            again = merge(lines)
          end
        end
      end
      if again then break end
    end
    if not again then return end
  end
end

local function nextDue(suspects)
  if looks <= 0 then return 0 end
  local next
  for _, group in ipairs(openLines(suspects)) do
    for _, lines in pairs(group) do
      for _, line in ipairs(lines) do
        local later = call('ZRANGEBYSCORE', O.laterKey(line.name), string.format('(%.0f', now), '+inf', 'WITHSCORES',
          'LIMIT', 0, 1)
        if later[2] and (not next or tonumber(later[2]) < next) then next = tonumber(later[2]) end
        local id = O.listed(line.name, 1)[1]
        local runAt = id and unpackAt('>i8', call('HGET', K.jobs, id), 9)
        if runAt and runAt > now and (not next or runAt < next) then next = runAt end
      end
    end
  end
  return next and next - now or -1
end

-- Reserves what a list of words asks for; answers microseconds to the next due job (-1: none), 1 if a suspect waits (2: and the worker has the turn that it wanted), ids,
-- records, statuses (an empty list if none has one).
function O.reserve(words, at)
  worker, grant = words[at], words[at + 1]
  first = unpackAt('>I8', grant)
  limit, startNow, holding = tonumber(words[at + 2]), tonumber(words[at + 3]), tonumber(words[at + 4])
  local suspects, turnFor = sub(words[at + 5], 1, 1), tonumber(sub(words[at + 5], 2))
  selection = O.readSelection(words[at + 6])
  workerName = O.hex(worker)
  head = worker .. grant
  startedNow, notStarted = pack('>i8i8', now, mono + leaseTime), pack('>i8i8', 0, mono + leaseTime)
  local suspectWaiting, due = 0, -1
  local granted = call('HGET', O.grantsKey(workerName), grant)
  if granted then
    giveAgain(granted)
  else
    O.rescue(1000)
    if isSuspectDue() then
      if holding == 0 and suspects ~= 'n' and (suspects ~= 'a' or O.hasTurn(workerName, selection, {})) then
        takeSuspect()
      else
        suspectWaiting = 1
        if suspects == 'a' and turnFor and O.hasTurn(workerName, selection, {}) then
          O.giveTurn(workerName, turnFor)
          suspectWaiting = 2
        end
      end
    end
    if #ids == 0 and suspects ~= 'o' then takeOrdinary() end
    writeGrant()
    if #ids == 0 then due = nextDue(suspects == 'o' or nil) end
  end
  return due, suspectWaiting, ids, records, hasStatuses and statuses or {}
end
