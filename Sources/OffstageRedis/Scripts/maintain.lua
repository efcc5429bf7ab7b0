-- Upkeep; each part stops at a limit. No job depends on it to run.
-- KEYS[1]  the partition's base
-- ARGV[3]  the limit; ARGV[4] how many completed jobs are kept; ARGV[5] how many discarded and how many cancelled ones;
--          ARGV[6] how long announcements are kept; ARGV[7] how many of them in each queue; ARGV[8] how long history is
--          kept
-- Returns: how many jobs became available, expired, were rescued, were pruned; 1 if another call would find work now.

local limit = tonumber(ARGV[3])
local keeps = { [COMPLETED] = tonumber(ARGV[4]), [DISCARDED] = tonumber(ARGV[5]), [CANCELLED] = tonumber(ARGV[5]) }

-- Due jobs were already reservable; this moves them to the state available.
local function freeDue()
  local due = call('ZRANGEBYSCORE', K.due, '-inf', now, 'LIMIT', 0, limit)
  for _, place in ipairs(due) do
    local job = O.load(sub(place, 11))
    call('ZREM', K.due, place)
    if job and (job.state == SCHEDULED or job.state == RETRYABLE) then
      O.leave(job)
      O.count(job.state, job.lane, -1)
      O.count(AVAILABLE, job.lane, 1)
      job.state = AVAILABLE
      O.save(job)
      O.stand(job)
    end
  end
  return #due
end

local function expireDue()
  local due = call('ZRANGEBYSCORE', K.expiring, '-inf', now, 'LIMIT', 0, limit)
  for _, place in ipairs(due) do
    local job = O.load(sub(place, 11))
    if job and job.state ~= RUNNING and job.state < COMPLETED then
      O.expire(job)
    else
      call('ZREM', K.expiring, place)
    end
  end
  return #due
end

-- Deletes records of an ended state; `entries` are joined, 27 bytes each (see ends.lua).
local function forgetAll(state, lane, entries)
  local ids, blocks, ours = {}, {}, nil
  for at = 1, #entries, 27 do
    local id = sub(entries, at + 10, at + 25)
    ids[#ids + 1] = id
    if band(byte(entries, at + 26), 1) ~= 0 then
      local job = O.load(id)
      if job then O.bury(id, sub(job.asked, 27, 34), state, job.finishedAt) end
      ours = ours or { unpack(ids, 1, #ids - 1) }
    elseif ours then
      ours[#ours + 1] = id
    end
    local block = sub(entries, at, at + 7)
    blocks[block] = (blocks[block] or 0) + 1
  end
  -- They ended in one call, so at the same time.
  ours = ours or ids
  if #ours > 0 then O.keepEcho(ours, state, O.endedAt(ours[1])) end
  O.each('HDEL', K.jobs, ids)
  O.each('HDEL', K.states, ids)
  O.leaveBlocks(blocks)
  O.count(state, lane, -#ids)
  return #ids
end

-- Forgets completed jobs with a keep-until up to `until_`, earliest first, `most` at most.
local function forgetCompleted(most, until_)
  local forgotten = 0
  while forgotten < most do
    local first = call('ZRANGEBYSCORE', K.completed, '-inf', until_, 'WITHSCORES', 'LIMIT', 0, 1)
    if #first == 0 then break end
    local equal = call('ZCOUNT', K.completed, first[2], first[2])
    local size = (call('HSTRLEN', K.endings, first[1]) - 2 - unpackAt('>I2', call('HGET', K.endings, first[1]))) / 27
    if equal == 1 and size <= most - forgotten then
      local lane, entries = O.takeEnding(first[1])
      forgotten = forgotten + forgetAll(COMPLETED, lane, entries)
    else
      local gone = {}
      for i, one in ipairs(O.completedAt(tonumber(first[2]))) do
        if i <= most - forgotten then
          local own = gone[one.name] or { lane = one.lane, set = {}, entries = {} }
          gone[one.name] = own
          own.set[one.entry] = true
          own.entries[#own.entries + 1] = one.entry
        end
      end
      for name, own in pairs(gone) do
        O.leaveEnding(name, own.set, #own.entries)
        forgotten = forgotten + forgetAll(COMPLETED, own.lane, table.concat(own.entries))
      end
    end
  end
  return forgotten
end

local function forgetOthers(state, members)
  for _, member in ipairs(members) do forgetAll(state, sub(member, 28), sub(member, 1, 27)) end
  if #members > 0 then call('ZREMRANGEBYRANK', K[ENDED[state]], 0, #members - 1) end
  return #members
end

local function prune()
  local pruned = forgetCompleted(limit, now)
  local surplus = math.min(limit, tonumber(call('HGET', K.numbers, 'completed') or 0) - keeps[COMPLETED])
  if surplus > 0 then pruned = pruned + forgetCompleted(surplus, '+inf') end
  for state = DISCARDED, CANCELLED do
    local key = K[ENDED[state]]
    pruned = pruned + forgetOthers(state, call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit))
    surplus = math.min(limit, call('ZCARD', key) - keeps[state])
    if surplus > 0 then pruned = pruned + forgetOthers(state, call('ZRANGE', key, 0, surplus - 1)) end
  end
  return pruned
end

local function drop(member)
  local name, number = string.match(member, '^([^%z]+)%z(.*)$')
  if O.dropNews(name, (unpackAt('>I8', number))) then call('HINCRBY', K.newsdropped, name, 1) end
end

-- The parts below are not counted in the report. A part that reached its limit continues with the next call.
local isCut = false
local function reached(count) isCut = isCut or count >= limit end

local function dropReturns()
  local age, most, old = tonumber(ARGV[6]), tonumber(ARGV[7]), 0
  for _, member in ipairs(call('ZRANGE', K.newsorder, 0, limit - 1)) do
    local news = call('HGET', K.news, (unpackAt('>I8', member, #member - 7)))
    if news and unpackAt('>i8', news, 13) + age > now then break end
    drop(member)
    old = old + 1
  end
  reached(old)
  local waiting = call('HGETALL', K.newswaiting)
  for i = 1, #waiting, 2 do
    local name, surplus = waiting[i], math.min(limit, tonumber(waiting[i + 1]) - most)
    if surplus > 0 then
      local first = call('ZRANGEBYLEX', K.newsnames, '[' .. name .. '\0', '(' .. name .. '\1', 'LIMIT', 0, surplus)
      for _, member in ipairs(first) do drop(member) end
      reached(#first)
    end
  end
end

local function forgetOld()
  local old = call('ZRANGEBYSCORE', K.minutes, '-inf', string.format('(%.0f', now - tonumber(ARGV[8])), 'LIMIT', 0,
    limit)
  if #old > 0 then
    O.each('HDEL', K.history, old)
    O.each('ZREM', K.minutes, old)
  end
  local workers = call('HGETALL', K.workers)
  for i = 1, #workers, 2 do
    if now - unpackAt('>i8', workers[i + 1]) > 86400000000 then
      call('HDEL', K.workers, workers[i])
      call('HDEL', K.commands, workers[i])
    end
  end
  local graves = call('ZRANGEBYSCORE', K.graves, '-inf', now, 'LIMIT', 0, limit)
  if #graves > 0 then
    O.each('HDEL', K.tombs, graves)
    O.each('ZREM', K.graves, graves)
  end
  reached(#graves)
  O.dropEchoes()
end

-- A passed window whose hold has a successor is no longer watched; the hold stays.
local function forgetWindows()
  local forgotten, windows = 0, nil
  repeat
    windows = call('ZRANGEBYSCORE', K.windows, '-inf', now, 'LIMIT', 0, limit - forgotten)
    for _, key in ipairs(windows) do
      local hold = O.anyHold(key)
      if hold and not hold.successor then
        call('HDEL', K.unique, key)
        forgotten = forgotten + 1
      end
      call('ZREM', K.windows, key)
    end
  until #windows == 0 or forgotten >= limit
  reached(forgotten)
end

-- If stale entries make up much of a list, its head is cleared: stale entries are dropped, and the other jobs move to
-- the sorted set. Returns whether that was done.
local function layGhostsOf(line, ghosts)
  local key = O.lineKey(line)
  local length = call('LLEN', key)
  if length == 0 or ghosts * 2 <= length then return false end
  for _, id in ipairs(call('LPOP', key, limit)) do
    if call('HGET', K.ghosts, id) then
      O.layGhost(id)
    else
      local job = O.load(id)
      if job then
        O.save(job)
        call('ZADD', O.laterKey(line), job.runAt, O.place(job))
      end
    end
  end
  O.refreshHead(line)
  return true
end

-- Each call goes through some of the lanes.
local function layGhosts()
  local ghosts = call('HLEN', K.ghosts)
  if ghosts < 1000 then return end
  local found = call('HSCAN', K.counts, call('HGET', K.numbers, 'ghostcursor') or '0', 'COUNT', 200)
  call('HSET', K.numbers, 'ghostcursor', found[1])
  for i = 1, #found[2], 2 do
    local queue, type = string.match(found[2][i], '^' .. AVAILABLE .. '|(.-)|(.*)$')
    local isDone = false
    O.eachLine(queue and O.linesOf(queue, type) or '', function(level)
      local line = level .. '|' .. queue .. '|' .. type
      isDone = isDone or not O.isTimed(level) and layGhostsOf(line, ghosts)
    end)
    if isDone then return end
  end
end

-- Types remember levels that have no line any more. Each call checks some types.
local function forgetLevels()
  local found = call('HSCAN', K.types, call('HGET', K.numbers, 'levelcursor') or '0', 'COUNT', 50)
  if found[1] ~= '0' or call('HEXISTS', K.numbers, 'levelcursor') == 1 then
    call('HSET', K.numbers, 'levelcursor', found[1])
  end
  for i = 1, #found[2], 2 do
    local type, levels = found[2][i], found[2][i + 1]
    local left = string.gsub(levels, '.', function(level)
      return call('EXISTS', O.headsKey(level, type)) == 0 and '' or level
    end)
    if left == '' then
      call('HDEL', K.types, type)
    elseif left ~= levels then
      call('HSET', K.types, type, left)
    end
  end
end

O.beginWriting()
O.moveLeaseClock()
local freed, expired, rescued = freeDue(), expireDue(), O.rescue(limit)
local pruned = prune()
dropReturns()
forgetOld()
forgetWindows()
layGhosts()
forgetLevels()
local more = isCut or freed >= limit or expired >= limit or rescued >= limit or pruned >= limit
return O.finish({ freed, expired, rescued, pruned, more and 1 or 0 })
