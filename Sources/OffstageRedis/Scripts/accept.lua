-- Accepts jobs one after the other. A job is stored only if its id is unknown, its expiry has not passed, and its
-- unique key is free. A job arrives as its id and the part of its record that the caller writes (byte 25 of "asked"
-- onward).

-- Gives a job that has not started the arguments, time and expiry of a newer one. Progress and checkpoint belong to the
-- old arguments and are dropped. A job that waits for its retry does not run earlier than before.
local function replace(old, job, runAt)
  O.forgetExpiry(old)
  old.asked = sub(old.asked, 1, old.argumentsAt - 1) .. sub(job.asked, job.argumentsAt)
  call('HSET', K.jobs, old.id, old.asked)
  old.expires, old.ownExpires = job.expires, job.expires
  old.progress, old.checkpoint = nil, nil
  local state = runAt > now and SCHEDULED or AVAILABLE
  if old.state == HELD then
    state = HELD
  elseif old.state == RETRYABLE then
    runAt = math.max(old.runAt, runAt)
    state = runAt > now and RETRYABLE or AVAILABLE
  end
  old.newRunAt = runAt
  O.move(old, state)
  return 'P' .. string.char(state) .. old.id
end

-- Resolves a conflict at a job's unique key. Returns the answer, or nil if the key is free.
local function meet(job, runAt, store)
  local hold, conflict = O.endExpired(job.key), job.extras.conflict
  if not hold then return nil end
  -- The successor runs after the holder in any case, so the newest arguments go to the successor.
  if conflict > 0 and hold.next then return replace(hold.next, job, runAt) end
  if O.isOver(hold) then return nil end
  local holder = hold.job
  if not holder then return 'D' .. string.char(COMPLETED) .. hold.holder end
  if conflict > 0 and O.isWaiting(holder.state) then return replace(holder, job, runAt) end
  if conflict == 2 and holder.state == RUNNING then
    store(HELD)
    job.runAt = runAt
    O.save(job)
    O.watchExpiry(job)
    O.succeed(job, hold)
    return 'S' .. string.char(HELD)
  end
  return 'D' .. string.char(holder.state) .. hold.holder
end

-- Whether two records describe the same job. Type and arguments decide, because an earlier version may have computed
-- the digest differently.
local function saysTheSame(id, asked, rest)
  local one, other = O.readAsked(id, asked), O.readAsked(id, string.rep('\0', 24) .. rest)
  return one.type == other.type and sub(one.asked, one.argumentsAt) == sub(other.asked, other.argumentsAt)
end

-- Returns the answer to an id that was seen before, or nil. An id that was derived from a parent's id and a key comes
-- without a digest; then the id alone decides.
local function known(id, rest)
  local asked, digest = call('HGET', K.jobs, id), sub(rest, 3, 10)
  if asked then
    if digest ~= NONE and digest ~= sub(asked, 27, 34) and not saysTheSame(id, asked, rest) then return 'X' end
    return 'R' .. string.char(O.load(id).state)
  end
  local tomb = call('HGET', K.tombs, id)
  if tomb then
    local state, untilTime = unpackAt('>Bi8', tomb, 9)
    if untilTime > now then
      return (digest == NONE or digest == sub(tomb, 1, 8)) and 'R' .. string.char(state) or 'X'
    end
  end
  local state = O.echo(id)
  return state and 'R' .. string.char(state)
end

-- Accepts one job. `ids` collects the ids of the stored jobs for the block.
local function accept(id, rest, block, ids)
  local answer = known(id, rest)
  if answer then return answer end
  local job = O.readAsked(id, pack('>i8i8I8', now, now, block) .. rest)
  local x, runAt, expires = job.extras, now, 0
  if x and band(x.flags, 16) ~= 0 then
    runAt = math.max(now, band(x.flags, 32) ~= 0 and O.after(x.start) or x.start)
    job.asked = sub(job.asked, 1, 8) .. pack('>i8', runAt) .. sub(job.asked, 17)
  end
  if x and band(x.flags, 4) ~= 0 then
    expires = math.max(1, band(x.flags, 8) ~= 0 and O.after(x.expires) or x.expires)
    job.asked = sub(job.asked, 1, x.at + 12) .. pack('>i8', expires) .. sub(job.asked, x.at + 21)
    x.expires = expires
  end
  job.firstRunAt = runAt
  O.readStatus(job, false)
  local function store(state)
    call('HSET', K.jobs, id, job.asked)
    ids[#ids + 1] = id
    job.state = state
    O.count(state, job.lane, 1)
  end
  if expires > 0 and expires <= now then
    store(HELD)
    O.expire(job)
    return 'S' .. string.char(DISCARDED)
  end
  local met = job.key and meet(job, runAt, store)
  if met then return met end
  store(job.state)
  local line = O.line(job)
  if job.state == AVAILABLE and not O.mayJoinList(line) then
    O.save(job)
    O.stand(job)
  elseif job.state == AVAILABLE then
    local isLarge = #job.asked > O.LARGE
    if call('RPUSH', O.lineKey(line), id) == 1 or isLarge then O.enterLine(line, sub(job.asked, 9, 26), isLarge) end
    O.becameReservable(job)
  else
    O.stand(job)
  end
  O.watchExpiry(job)
  O.acquire(job)
  return 'S' .. string.char(job.state)
end

-- An id begins with the millisecond in which it was made, so the ids of a call are usually later than all ids before
-- them. Such a call needs no look-up of known ids. Fields of "numbers":
-- newest   the latest id that was ever accepted; missing where an older version accepted some
-- ahead    the earliest and the latest of the ids that were more than a minute ahead of the clock (a caller may choose
--          any id, and a clock may be wrong). They are kept apart until none of them is ahead: as `newest`, one of them
--          would make all other ids look old.

local function isLater(a, b)
  local high, middle, low = unpackAt('>I6I5I5', a)
  local otherHigh, otherMiddle, otherLow = unpackAt('>I6I5I5', b)
  if high ~= otherHigh then return high > otherHigh end
  if middle ~= otherMiddle then return middle > otherMiddle end
  return low > otherLow
end
local function later(a, b) return isLater(a, b) and a or b end
local function isAhead(id) return (unpackAt('>I6', id)) > now / 1000 + 60000 end

local newest, ahead
local function readNewest()
  if newest ~= nil then return end
  newest, ahead = unpack(call('HMGET', K.numbers, 'newest', 'ahead'))
  if not newest and call('EXISTS', K.jobs, K.tombs, K.echoes) == 0 then
    newest = string.rep('\0', 16)
    call('HSET', K.numbers, 'newest', newest)
  end
  if newest and ahead and not isAhead(sub(ahead, 17)) then
    newest, ahead = later(newest, sub(ahead, 17)), false
    call('HSET', K.numbers, 'newest', newest)
    call('HDEL', K.numbers, 'ahead')
  end
end

-- Whether all ids of an ascending list, given its first and last, are new.
function O.areNew(first, last)
  readNewest()
  return newest and isLater(first, newest) and not isAhead(last) and not (ahead and not isLater(ahead, last))
end

-- Notes ids that are about to be accepted. Of an ascending list only the last id is examined, unless it is ahead.
function O.noteNewest(ids, areOrdered)
  readNewest()
  if not newest then return end
  local most, far = newest, ahead
  for i = areOrdered and not isAhead(ids[#ids]) and #ids or 1, #ids do
    local id = ids[i]
    if not isAhead(id) then
      most = later(id, most)
    elseif not far then
      far = id .. id
    else
      far = (isLater(far, id) and id or sub(far, 1, 16)) .. later(id, sub(far, 17))
    end
  end
  if most ~= newest then call('HSET', K.numbers, 'newest', most) end
  if far ~= ahead then call('HSET', K.numbers, 'ahead', far) end
  newest, ahead = most, far
end

-- Stores the ids of a call as a block. Listings read the blocks, newest first.
function O.keepBlock(block, ids)
  if #ids == 0 then return end
  local name = pack('>I8', block)
  call('HSET', K.blocks, name, table.concat(ids))
  call('HSET', K.alive, name, #ids)
  call('ZADD', K.order, block, name)
end

-- Accepts `count` jobs from a list of alternating ids and records, starting at an index. Returns the answers in order.
-- answers  S state: stored | R state: the same job was known | D state id: that job holds the key | P state id: that
--          job was replaced | X: a different job has the id
function O.accept(words, first, count)
  local answers, ids, all = {}, {}, {}
  local block = call('INCRBY', K.sequence, count) - count
  for i = 1, count do all[i] = words[first + 2 * i - 2] end
  O.noteNewest(all, false)
  for i = 1, count do
    answers[i] = accept(words[first + 2 * i - 2], words[first + 2 * i - 1], block, ids)
  end
  O.keepBlock(block, ids)
  return answers
end
