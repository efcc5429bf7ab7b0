-- Reserve: gives a worker the next jobs of a selection, each under a lease. Lines are taken strictly by queue if queues
-- are named, then by priority, run-at and acceptance number. A crash suspect goes only to a worker that holds nothing
-- else, and is given alone. The cost grows with what is taken and with what the selection names, never with the number
-- of lines: the index of heads shows which lines come first (see lines.lua).

-- How many of a list's first jobs fit into the room, `wanted` at most.
local function fitting(key, wanted)
  local found, size = call('LRANGE', key, 0, wanted - 1), 0
  for i, id in ipairs(found) do
    size = size + call('HSTRLEN', K.jobs, id)
    if size > room and (i > 1 or #ids > 0) then
      isFull = true
      return i - 1
    end
  end
  return #found
end

-- Takes the head of a list in one piece, when no other job comes before any of it. Returns whether to read the lines
-- again.
local function takeList(line)
  local wanted, key = limit - #ids, O.lineKey(line.name)
  if wanted * O.LARGE > room or select(2, O.headOf(line.name)) then wanted = fitting(key, wanted) end
  if wanted == 0 then return false end
  local taken = call('LPOP', key, wanted)
  if not taken then
    O.closeIfEmpty(line.name)
    return false
  end
  local got = #taken
  local marks = ghostMarks(taken)
  if marks then
    local alive = {}
    for i, id in ipairs(taken) do
      if marks[i] then passGhost(id) else alive[#alive + 1] = id end
    end
    taken = alive
  end
  local found, plain, again = #taken > 0 and O.values(K.jobs, taken) or {}, 0, false
  for i, id in ipairs(taken) do
    local record = found[i]
    -- A record that was truncated from outside is skipped; otherwise its neighbours would be lost with it.
    local flags = record and #record > 40 and byte(record, 35)
    if flags then room = room - #record end
    if flags and flags < 2 then
      grantPlain(id, record, flags, line.lane)
      plain = plain + 1
    elseif flags then
      writeGranted()
      local job = O.readStatus(O.readAsked(id, record), false)
      job.isTaken = true
      again = meet(job, false)
      if again or looks == 0 then
        for rest = #taken, i + 1, -1 do call('LPUSH', key, taken[rest]) end
        again = true
        break
      end
    end
  end
  countPlain(line.lane, plain)
  O.closeIfEmpty(line.name)
  return again or got == wanted and not isFull and #ids < limit
end

-- Takes from the sources of one priority; usually that is one line with only a list.
local function take(sources)
  local line, isOne = nil, true
  for _, source in ipairs(sources) do
    moreLines(source)
    isOne = isOne and #source.lines + (line and 1 or 0) < 2
    line = line or source.lines[1]
  end
  if not line then return false end
  if isOne and not O.isTimed(line.level) and call('EXISTS', O.laterKey(line.name)) == 0 then return takeList(line) end
  return merge(sources)
end

local function isWanting() return #ids < limit and looks > 0 and not isFull end

-- Takes from one group after the other, and from the first one again if a successor was freed.
local function takeAll(isSuspect)
  local again = true
  while again and isWanting() do
    again = false
    for _, queue in ipairs(groups()) do
      local isOver = eachPriority(queue, isSuspect, function(sources)
        if isSuspect then again = merge(sources) else again = take(sources) end
        return again or not isWanting()
      end)
      if isOver then break end
    end
    if again then looked = {} end
  end
end

local function takeSuspect()
  local wanted = limit
  limit = 1
  takeAll(true)
  limit = wanted
end

-- Whether a suspect that the worker could take is due.
local function isSuspectDue()
  for _, queue in ipairs(groups()) do
    local isDue = eachPriority(queue, true, function(sources)
      for _, source in ipairs(sources) do
        if nextLine(source) then return true end
      end
      return false
    end)
    if isDue then return true end
  end
  return false
end

-- How many lines with due jobs that were passed over are read for their next due time.
local MOST_PASSED = 100

local function nextDue(suspects)
  if looks <= 0 then return 0 end
  local soonest
  local function meetTime(key)
    local found = call('ZRANGEBYSCORE', key, string.format('(%.0f', now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    local at = tonumber(found[2])
    if at and (not soonest or at < soonest) then soonest = at end
  end
  for _, queue in ipairs(groups()) do
    eachSource(queue, function(level, type, place)
      if not O.isTimed(level) or suspects and not O.isSuspectLevel(level) then return end
      if place then return meetTime(O.laterKey(level .. '|' .. queue .. '|' .. type)) end
      local key = O.headsKey(level, type)
      meetTime(key)
      for _, member in ipairs(call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, MOST_PASSED)) do
        meetTime(O.laterKey(level .. '|' .. sub(member, 11) .. '|' .. type))
      end
    end)
  end
  return soonest and soonest - now or -1
end

-- Reserves the jobs that a list of words asks for. The words: worker 8, first counter u64, limit, how many jobs start
-- at once, how many other leases the worker holds, suspects (a: one alone if there is one and it is the worker's turn;
-- then, if the worker wants the turn, for how many microseconds; n: never; o: only suspects), selection
-- ("queue|queue;type|type", "*" for all queues), the maximum number of bytes of records and statuses (the first job is
-- given whatever its size). Returns microseconds to the next due job (-1: none), 1 if a suspect waits (2: and the
-- worker has the turn that it wanted), ids, records, statuses (an empty list if no job has one).
function O.reserve(words, at)
  worker, grant = words[at], words[at + 1]
  first = unpackAt('>I8', grant)
  limit, startNow, holding = tonumber(words[at + 2]), tonumber(words[at + 3]), tonumber(words[at + 4])
  local suspects, turnFor = sub(words[at + 5], 1, 1), tonumber(sub(words[at + 5], 2))
  selection = O.readSelection(words[at + 6])
  room = tonumber(words[at + 7])
  workerName = O.hex(worker)
  head = worker .. grant
  startedNow, notStarted = pack('>i8i8', now, O.leaseEnd()), pack('>i8i8', 0, O.leaseEnd())
  firstStarted, firstNotStarted = FIRST .. startedNow, FIRST .. notStarted
  local suspectWaiting, due = 0, -1
  local granted = call('HGET', O.grantsKey(workerName), grant)
  if granted then
    giveAgain(granted)
  else
    O.rescue(BATCH)
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
    if #ids == 0 and suspects ~= 'o' then takeAll(false) end
    writeGrant()
    if #ids == 0 then due = nextDue(suspects == 'o') end
    for _, job in ipairs(starting) do O.started(job, now) end
  end
  return due, suspectWaiting, ids, records, hasStatuses and statuses or {}
end
