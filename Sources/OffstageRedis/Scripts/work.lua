-- Records how attempts ended, then reserves the next jobs.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker of the settlements, 8 bytes; ARGV[4] how many settlements follow, each as three words:
--          counter 8 | proof: attempt u32, acceptance number 10, id 16 | end: kind u8, run time i64 (-1: it never
--          started), then by kind
--            0 completed    flags u8 (1 cut, 2 result, 4 follow-ups), result: u32 and bytes, follow-ups: u16, each id 16,
--                           u32 and record from byte 25 on
--            1 retry        when: u8 (0 now, 1 after, 2 at) and i64, failure: kind u8, u16 and message
--            2 discarded    failure
--            3 cancelled, 5 handed back    u8 and, if it is 1, failure
--            4 snoozed      when
-- then, if jobs are wanted: worker 8, first counter 8, limit, how many start at once, how many other leases the worker
--          holds, selection ("queue|queue;type|type", "*" for all queues); at most 1,000 jobs
-- Returns: wall clock, answers (A accepted, S stale, G gone, a letter each), then, if jobs were wanted: microseconds to
--          the next due job (-1: none), 1 if a suspect waits, ids, records, statuses (an empty list if none has one).

local settler, settlements = ARGV[3], tonumber(ARGV[4])
local settlerKey = settler ~= '' and O.heldKey(O.hex(settler))

O.beginWriting()

-- SETTLE

-- What the plain ends of this call write, gathered so that each command is sent once.
local ended = { counters = {}, states = {}, members = {}, lanes = {}, count = 0 }

local function writeEnded()
  if ended.count == 0 then return end
  O.each('HDEL', settlerKey, ended.counters)
  O.each('HSET', K.states, ended.states)
  O.each('ZADD', K.completed, ended.members)
  for lane, tally in pairs(ended.lanes) do
    O.count(RUNNING, lane, -tally.count)
    O.count(COMPLETED, lane, tally.count)
    O.inMinute(COMPLETED, tally.type, tally.count, tally.ran, tally.longest)
  end
  ended = { counters = {}, states = {}, members = {}, lanes = {}, count = 0 }
end

local finishedAt = pack('>i8', now)
-- kind 0, completed, run-at as asked, no failures, attempt 1, attempts as asked, no crashes, no interruptions
local PLAIN = pack('>BBi8I4I4I4I2I4', 0, COMPLETED, 0, 0, 1, 0, 0, 0)

-- A completed job that has neither extras nor history: its status is put together from pieces.
local function completePlain(lease, counter, tail)
  local lane = sub(lease, 48)
  local tally = ended.lanes[lane]
  if not tally then
    local type = string.match(lane, '|(.*)$')
    local keep = now + O.age(COMPLETED, type)
    local times = finishedAt .. pack('>i8i8i8', keep, 0, -1)
    tally = {
      type = type, count = 0, ran = 0, longest = 0, keep = keep,
      [0] = times .. '\0', [1] = times .. '\1', [2] = times .. '\8', [3] = times .. '\9',
    }
    ended.lanes[lane] = tally
  end
  local _, ran = unpackAt('>Bi8', tail)
  local attempted = sub(lease, 9, 16)
  if attempted == NONE then attempted = pack('>i8', now - ran) end
  local n = ended.count + 1
  ended.count = n
  ended.counters[n] = counter
  ended.states[2 * n - 1] = sub(lease, 31, 46)
  local flags = byte(tail, 10)
  if flags == 0 then
    ended.states[2 * n] = settler .. counter .. PLAIN .. attempted .. tally[0]
  else
    ended.states[2 * n] = settler .. counter .. PLAIN .. attempted .. tally[flags] .. sub(tail, 11)
  end
  ended.members[2 * n - 1] = tally.keep
  ended.members[2 * n] = sub(lease, 21, 46) .. string.char(band(byte(lease, 47), 1)) .. lane
  tally.count = tally.count + 1
  tally.ran = tally.ran + ran
  if ran > tally.longest then tally.longest = ran end
end

local function readWhen(tail, at)
  local kind, value = unpackAt('>Bi8', tail, at)
  if kind == 0 then return now, at + 9 end
  return math.max(now, kind == 1 and now + value or value), at + 9
end

local function readFailure(job, tail, at)
  local kind, message = unpackAt('>BI2c0', tail, at)
  O.addError(job, kind, message)
end

local function followUps(tail, at)
  local count = unpackAt('>I2', tail, at)
  local words = {}
  at = at + 2
  for i = 1, count do
    local length = unpackAt('>I4', tail, at + 16)
    words[2 * i - 1] = sub(tail, at, at + 15)
    words[2 * i] = sub(tail, at + 20, at + 19 + length)
    at = at + 20 + length
  end
  O.accept(words, 1, count)
end

local APPLY = {
  [0] = function(job, tail, ran)
    local flags, at = byte(tail, 10), 11
    job.isCut = band(flags, 1) ~= 0
    job.result = nil
    if band(flags, 2) ~= 0 then
      local length = unpackAt('>I4', tail, 11)
      job.result = sub(tail, 15, 14 + length)
      at = 15 + length
    end
    O.finishJob(job, COMPLETED, ran)
    if band(flags, 4) ~= 0 then followUps(tail, at) end
  end,
  [1] = function(job, tail, ran)
    local when = readWhen(tail, 10)
    readFailure(job, tail, 19)
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    job.failures = job.failures + 1
    O.inMinute(RETRYABLE, job.type, 1, ran, ran)
    O.goBack(job, RETRYABLE, when)
  end,
  [2] = function(job, tail, ran)
    readFailure(job, tail, 10)
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    job.failures = job.failures + 1
    O.finishJob(job, DISCARDED, ran)
  end,
  [3] = function(job, tail, ran)
    if byte(tail, 10) == 1 then readFailure(job, tail, 11) end
    O.finishJob(job, CANCELLED, ran)
  end,
  [4] = function(job, tail, ran)
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    job.interruptions = job.interruptions + 1
    O.goBack(job, SCHEDULED, (readWhen(tail, 10)))
  end,
  [5] = function(job, tail, ran)
    if byte(tail, 10) == 1 then readFailure(job, tail, 11) end
    if job.cancelAt ~= 0 then return O.finishJob(job, CANCELLED, ran) end
    if job.startedAt ~= 0 then job.interruptions = job.interruptions + 1 end
    O.goBack(job, AVAILABLE, job.runAt)
  end,
}

-- Any other end, one job at a time.
local function settleOne(counter, proof, tail)
  local lease, id = call('HGET', settlerKey, counter), sub(proof, 15)
  local kind, ran = unpackAt('>Bi8', tail)
  if not lease or sub(lease, 17, 46) ~= proof then
    local job = O.load(id)
    if not job then return 'G' end
    local mark = settler .. counter .. string.char(kind)
    if job.mark == mark or job.lease .. string.char(job.kind) == mark then return 'A' end
    O.refuse(1)
    return 'S'
  end
  call('HDEL', settlerKey, counter)
  local job = O.leased(lease)
  if ran >= 0 then O.started(job, now - ran) end
  job.mark, job.lease, job.kind = nil, settler .. counter, kind
  APPLY[kind](job, tail, math.max(ran, 0))
  return 'A'
end

local function settle()
  local answers, counters, isDone = {}, {}, {}
  for i = 1, settlements do counters[i] = ARGV[3 * i + 2] end
  local leases = O.values(settlerKey, counters)
  for i = 1, settlements do
    local counter, proof, tail, lease = counters[i], ARGV[3 * i + 3], ARGV[3 * i + 4], leases[i]
    if lease and not isDone[counter] and byte(tail, 1) == 0 and byte(lease, 47) < 2 and byte(tail, 10) < 4
      and byte(tail, 2) < 128 and sub(lease, 17, 46) == proof then
      completePlain(lease, counter, tail)
      answers[i] = 'A'
    else
      writeEnded()
      answers[i] = settleOne(counter, proof, tail)
    end
    isDone[counter] = true
  end
  writeEnded()
  return table.concat(answers)
end

local answers = settlements > 0 and settle() or ''

-- RESERVE

local at = 5 + 3 * settlements
if at > #ARGV then return O.finish({ now, answers }) end

local worker, firstText = ARGV[at], ARGV[at + 1]
local first = unpackAt('>I8', firstText)
local limit, startNow, holding = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
local selection = O.readSelection(ARGV[at + 5])
local workerKey = O.heldKey(O.hex(worker))
local ids, records, statuses, hasStatuses = {}, {}, {}, false
local held, running = {}, {}
local deadline8 = pack('>i8', mono + leaseTime)
local now8 = pack('>i8', now)

local function give(id, record, status)
  local n = #ids + 1
  ids[n], records[n], statuses[n] = id, record, status
  if status then hasStatuses = true end
  return n
end

-- The same wish, sent again because its reply was lost: what it was given.
local function giveAgain()
  local counters = {}
  for i = 0, limit - 1 do counters[i + 1] = pack('>I8', first + i) end
  for _, lease in ipairs(O.values(workerKey, counters)) do
    if lease then
      local id = sub(lease, 31, 46)
      local status = call('HGET', K.states, id)
      give(id, call('HGET', K.jobs, id), status and #status > 16 and status)
    end
  end
end

-- Puts a job that has neither extras nor history under a lease.
local FIRST_ATTEMPT = pack('>I4', 1)
local function grantPlain(id, record, lane)
  local n = give(id, record, false)
  local counter = pack('>I8', first + n - 1)
  held[2 * n - 1] = counter
  held[2 * n] = deadline8 .. (n <= startNow and now8 or NONE) .. FIRST_ATTEMPT .. sub(record, 17, 26) .. id
    .. string.char(byte(record, 35)) .. lane
  running[2 * n - 1] = id
  running[2 * n] = worker .. counter
end

local function writeGranted()
  if #held == 0 then return end
  O.each('HSET', workerKey, held)
  O.each('HSET', K.states, running)
  held, running = {}, {}
  call('ZADD', K.leases, 'LT', mono + leaseTime, O.hex(worker))
end

-- Puts any other job under a lease; it stands in no list any more.
local function grant(job)
  local status = false
  local n = #ids + 1
  local counter = pack('>I8', first + n - 1)
  if job.state ~= AVAILABLE or job.hasStatus then O.leave(job) end
  O.forgetExpiry(job)
  O.count(job.state, job.lane, -1)
  O.count(RUNNING, job.lane, 1)
  job.state = RUNNING
  if job.hasStatus then
    if job.kind ~= 255 then job.mark = job.lease .. string.char(job.kind) end
    job.lease, job.kind = worker .. counter, 255
    O.save(job)
    status = call('HGET', K.states, job.id)
  else
    job.lease = worker .. counter
    call('HSET', K.states, job.id, job.lease)
  end
  give(job.id, job.asked, status)
  call('HSET', workerKey, counter, deadline8 .. NONE .. pack('>I4', job.failures + 1) .. job.seq .. job.id
    .. string.char(band(job.flags, 1) + 2) .. job.lane)
  call('ZADD', K.leases, 'LT', mono + leaseTime, O.hex(worker))
  job.leaseAttempt, job.startedAt = job.failures + 1, 0
  if n <= startNow then
    local key, own, value = O.leaseOf(job)
    call('HSET', key, own, O.changedLease(value, nil, now))
    O.started(job, now)
  end
end

-- After so many jobs met after their expiry the rest is left to the next call, so that no call is long.
local looks = 1000

-- Looks at a job that stands first in line: discards it if its expiry has passed, else takes it. Answers whether the
-- lines have to be looked at again, because somebody was freed.
local function meet(job)
  if job.expires == 0 or job.expires > now then
    grant(job)
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
  while #taken > 0 and found[#taken] and unpackAt('>i8', found[#taken], 9) > now do
    call('LPUSH', key, table.remove(taken))
    isEarly = true
  end
  for i, id in ipairs(taken) do
    local record = found[i]
    if record and byte(record, 35) < 2 then
      grantPlain(id, record, line.lane)
      plain = plain + 1
    elseif record then
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
      job.isListed = true
      if job.runAt <= now then head.jobs[#head.jobs + 1] = job end
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

local function nextDue()
  if looks <= 0 then return 0 end
  local next
  for _, group in ipairs(openLines(nil)) do
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

local suspectWaiting, due = 0, -1
if call('HEXISTS', workerKey, firstText) == 1 then
  giveAgain()
else
  O.rescue(1000)
  if holding > 0 then
    for _, group in ipairs(openLines(true)) do
      for _, lines in pairs(group) do
        for _, line in ipairs(lines) do
          if #dueLater(line.name, 1) > 0 then suspectWaiting = 1 end
        end
      end
    end
  else
    takeSuspect()
  end
  if #ids == 0 then takeOrdinary() end
  writeGranted()
  if #ids == 0 then due = nextDue() end
end
return O.finish({ now, answers, due, suspectWaiting, ids, records, hasStatuses and statuses or {} })
