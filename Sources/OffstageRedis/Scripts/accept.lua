-- Accepting jobs, one after the other: is the id known? Has the expiry passed? Is the unique key held? Only then is a
-- job stored. A job arrives as its id and the record from its place in the call on (byte 25 of "asked").

-- What happens to a job whose unique key another one holds.
local function meet(hold, job, runAt, store)
  local holder = O.load(hold.holder)
  if not holder or holder.seq ~= hold.seq then return 'D' .. string.char(COMPLETED) .. hold.holder end
  local conflict = job.extras.conflict
  if conflict > 0 and O.isWaiting(holder.state) then
    holder.asked = sub(holder.asked, 1, holder.argumentsAt - 1) .. sub(job.asked, job.argumentsAt)
    call('HSET', K.jobs, holder.id, holder.asked)
    O.moveTo(holder, runAt)
    return 'P' .. string.char(holder.state) .. holder.id
  elseif conflict == 2 and holder.state == RUNNING then
    local successor = hold.successor and O.load(hold.successor)
    if successor then
      successor.asked = sub(successor.asked, 1, successor.argumentsAt - 1) .. sub(job.asked, job.argumentsAt)
      call('HSET', K.jobs, successor.id, successor.asked)
      successor.runAt = runAt
      O.save(successor)
      return 'P' .. string.char(HELD) .. successor.id
    end
    store(HELD)
    job.runAt = runAt
    O.save(job)
    O.watchExpiry(job)
    O.succeed(job, hold)
    return 'S' .. string.char(HELD)
  end
  return 'D' .. string.char(holder.state) .. hold.holder
end

local function known(id, digest)
  local asked = call('HGET', K.jobs, id)
  if asked then
    if sub(asked, 27, 34) ~= digest then return 'X' end
    return 'R' .. string.char(O.load(id).state)
  end
  local tomb = call('HGET', K.tombs, id)
  if not tomb then return nil end
  local state, untilTime = unpackAt('>Bi8', tomb, 9)
  if untilTime <= now then return nil end
  return sub(tomb, 1, 8) == digest and 'R' .. string.char(state) or 'X'
end

-- Accepts one job; `ids` gathers those that were stored, for the block.
local function accept(id, rest, block, ids)
  local answer = known(id, sub(rest, 3, 10))
  if answer then return answer end
  local job = O.readAsked(id, pack('>i8i8I8', now, now, block) .. rest)
  local x, runAt, expires = job.extras, now, 0
  if x and band(x.flags, 16) ~= 0 then
    runAt = math.max(now, band(x.flags, 32) ~= 0 and now + x.start or x.start)
    job.asked = sub(job.asked, 1, 8) .. pack('>i8', runAt) .. sub(job.asked, 17)
  end
  if x and band(x.flags, 4) ~= 0 then
    expires = math.max(1, band(x.flags, 8) ~= 0 and now + x.expires or x.expires)
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
  local hold = job.key and O.hold(job.key)
  if hold then return meet(hold, job, runAt, store) end
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

-- Remembers which ids a call brought: listings go through these blocks, newest first.
function O.keepBlock(block, ids)
  if #ids == 0 then return end
  local name = pack('>I8', block)
  call('HSET', K.blocks, name, table.concat(ids))
  call('HSET', K.alive, name, #ids)
  call('ZADD', K.order, block, name)
end

-- Accepts jobs, given as id and record in turn, from a place of a list on; the answers in order.
-- answers  S state: stored | R state: the same job was known | D state id: that one holds the key | P state id: that
--          one was replaced | X: the id is taken by a different job
function O.accept(words, first, count)
  local answers, ids = {}, {}
  local block = call('INCRBY', K.sequence, count) - count
  for i = 1, count do
    answers[i] = accept(words[first + 2 * i - 2], words[first + 2 * i - 1], block, ids)
  end
  O.keepBlock(block, ids)
  return answers
end
