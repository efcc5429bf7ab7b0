-- Stores new jobs.
-- KEYS[1]  the partition's base
-- ARGV[3]  the line that all jobs of the call join ("4|mail|newsletter.send"), if none of them has extras and their ids
--          ascend; else empty
-- ARGV[4…] id, record from byte 25 on; at most 1,000 pairs
-- Returns an empty string if all were stored as available, else an array of answers (see accept.lua).

local line, count = ARGV[3], (#ARGV - 3) / 2

-- The common case costs no more than it must: every job is new, plain, and joins one line.
local function enqueuePlain()
  local ids = {}
  for i = 1, count do ids[i] = ARGV[2 * i + 2] end
  local known = O.values(K.jobs, ids)
  for i = 1, count do
    if known[i] then return false end
  end
  -- The first write is one that Redis refuses when memory is full: then nothing has been done.
  local block = call('INCRBY', K.sequence, count) - count
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
local isPlain = line ~= '' and call('EXISTS', K.tombs) == 0 and not O.mayEcho(ARGV[4]) and O.mayJoinList(line)
if isPlain and enqueuePlain() then return O.finish('') end
return O.finish(O.accept(ARGV, 4, count))
