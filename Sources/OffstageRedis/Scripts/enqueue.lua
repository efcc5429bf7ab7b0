-- Stores new jobs.
-- KEYS[1]  the partition's base
-- ARGV[3]  the line that all jobs of the call join ("4|mail|newsletter.send"), if none of them has extras and their ids
--          ascend; else empty
-- ARGV[4…] id, record from byte 25 on; at most 1,000 pairs
-- Returns an empty string if all were stored as available, else an array of answers (see accept.lua).

local line, count = ARGV[3], (#ARGV - 3) / 2

-- Whether all ids of the call are new.
local function areUnknown(ids)
  if O.areNew(ids[1], ids[count]) then return true end
  if call('EXISTS', K.tombs) == 1 or O.mayEcho(ids[1]) then return false end
  for _, record in ipairs(O.values(K.jobs, ids)) do
    if record then return false end
  end
  return true
end

-- The fast path for the common case: every job is new, has no extras, and joins the same line.
local function enqueuePlain()
  local ids = {}
  for i = 1, count do ids[i] = ARGV[2 * i + 2] end
  if not areUnknown(ids) then return false end
  -- Redis refuses this first write when memory is full, so nothing has been done then.
  local block = call('INCRBY', K.sequence, count) - count
  O.noteNewest(ids, true)
  local stamp, words, isLarge = pack('>i8i8I8', now, now, block), {}, false
  for i = 1, count do
    words[2 * i - 1] = ids[i]
    words[2 * i] = stamp .. ARGV[2 * i + 3]
    if #words[2 * i] > O.LARGE then isLarge = true end
  end
  O.each('HSET', K.jobs, words)
  if call('RPUSH', O.lineKey(line), unpack(ids)) == count or isLarge then
    O.enterLine(line, sub(words[2], 9, 26), isLarge)
  end
  O.keepBlock(block, ids)
  local queue, type = string.match(line, '^%d|(.-)|(.*)$')
  local lane = queue .. '|' .. type
  O.count(AVAILABLE, lane, count)
  if not O.isPaused(queue) then O.laneBecameReservable(lane, count) end
  return true
end

O.moveLeaseClock()
if line ~= '' and O.mayJoinList(line) and enqueuePlain() then return O.finish('') end
return O.finish(O.accept(ARGV, 4, count))
