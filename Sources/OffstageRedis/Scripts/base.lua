-- The ground that every script stands on: clock, settings, keys, and a list of what else has to happen before the
-- script ends (counts, wake-ups). A script is this file and the other shared ones (records, lines, unique, ends,
-- leases), then the file of one verb. Every script has one declared key, KEYS[1], the base of its partition
-- ("{namespace.partition}"); the names below are joined to it, so all of them lie in that key's slot.
--
-- ARGV[1]  clock: empty for the server's own, or 16 bytes, wall and monotonic microseconds (tests turn it by hand)
-- ARGV[2]  settings: i64 lease, completed age, ended age, caller's-id age; u32 how many crashes alone discard a suspect;
--          then u8 length, type, i64 age ...
-- Times are microseconds; numbers in strings are big-endian, so that they sort as bytes.

local call, pack, unpackAt, band = redis.call, struct.pack, struct.unpack, bit.band
local sub, byte, find = string.sub, string.byte, string.find
local O = {}

-- JobState's raw values.
local HELD, SCHEDULED, AVAILABLE, RUNNING, RETRYABLE, COMPLETED, DISCARDED, CANCELLED = 0, 1, 2, 3, 4, 5, 6, 7
local ENDED = { [COMPLETED] = 'completed', [DISCARDED] = 'discarded', [CANCELLED] = 'cancelled' }
local NONE = string.rep('\0', 8)

-- Every key there is; docs/storage/redis.md says what each holds.
local base = KEYS[1]
local KNOWN = {
  jobs = 1, states = 1, leases = 1, deadlines = 1, suspects = 1, turns = 1, sequence = 1, open = 1, ghosts = 1, due = 1, expiring = 1, completed = 1, endings = 1,
  discarded = 1, cancelled = 1, unique = 1, windows = 1, tombs = 1, graves = 1, blocks = 1, alive = 1, order = 1,
  counts = 1, history = 1, minutes = 1, paused = 1, workers = 1, commands = 1, news = 1, newsorder = 1,
  newsnames = 1, newsfresh = 1, newstaken = 1, newswaiting = 1, newsdropped = 1, numbers = 1, selections = 1, requests = 1,
  requesttimes = 1, meta = 1, none = 1,
}
local K = setmetatable({}, {
  __index = function(known, name)
    if not KNOWN[name] then error('no such key: ' .. name) end
    local key = base .. name
    known[name] = key
    return key
  end,
})
function O.lineKey(line) return base .. 'line:' .. line end
function O.laterKey(line) return base .. 'later:' .. line end
function O.grantsKey(worker) return base .. 'grants:' .. worker end
function O.heldKey(worker) return base .. 'held:' .. worker end
function O.idleKey(selection) return base .. 'idle:' .. selection end
function O.channel(instance) return base .. 'wake:' .. instance end

local now, mono
if ARGV[1] == '' then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
  mono = now
else
  now, mono = unpackAt('>i8i8', ARGV[1])
end

-- The settings, read when they are first needed.
local leaseTime = unpackAt('>i8', ARGV[2])
local ages
function O.age(state, type)
  if not ages then
    ages = { types = {} }
    local at
    ages.completed, ages.ended, ages.caller, at = unpackAt('>i8i8i8', ARGV[2], 9)
    at = at + 4
    while at <= #ARGV[2] do
      local name, age
      name, age, at = unpackAt('>Bc0i8', ARGV[2], at)
      ages.types[name] = age
    end
  end
  if state == COMPLETED then return ages.types[type] or ages.completed end
  return ages.ended
end
function O.callerAge()
  O.age(CANCELLED, '')
  return ages.caller
end

function O.crashesAlone() return (unpackAt('>I4', ARGV[2], 33)) end

-- Redis lets a script that has begun to write finish when memory is full; a verb that must work then begins here.
function O.beginWriting() call('DEL', K.none) end

-- Calls a variadic command with a list of words, in pieces that Lua's stack can hold.
local PIECE = 2000
function O.each(command, key, words, count)
  count = count or #words
  for first = 1, count, PIECE do
    call(command, key, unpack(words, first, math.min(first + PIECE - 1, count)))
  end
end

-- The values of many fields of a hash, false where there is none.
function O.values(key, fields)
  local count = #fields
  if count <= PIECE then return call('HMGET', key, unpack(fields)) end
  local all = {}
  for first = 1, count, PIECE do
    local some = call('HMGET', key, unpack(fields, first, math.min(first + PIECE - 1, count)))
    for i = 1, #some do all[first + i - 1] = some[i] end
  end
  return all
end

-- Counts by state and lane are added up and written once, by O.finish.
local counted = {}
function O.count(state, lane, by)
  local field = state .. '|' .. lane
  counted[field] = (counted[field] or 0) + by
end

-- Gives the reply back, once everything that was put off is done.
function O.finish(reply)
  for field, by in pairs(counted) do
    if by ~= 0 and call('HINCRBY', K.counts, field, by) == 0 then call('HDEL', K.counts, field) end
  end
  O.wakeWaiters()
  return reply
end

-- A verb that cannot tell by itself that it is sent again keeps its reply under the request's id for a while.
function O.replayed(request)
  local reply = call('HGET', K.requests, request)
  return reply and cmsgpack.unpack(reply)
end
function O.remember(request, reply)
  call('HSET', K.requests, request, cmsgpack.pack(reply))
  call('ZADD', K.requesttimes, now, request)
  local old = call('ZRANGEBYSCORE', K.requesttimes, '-inf', now - 600000000, 'LIMIT', 0, 100)
  if #old > 0 then
    call('HDEL', K.requests, unpack(old))
    call('ZREM', K.requesttimes, unpack(old))
  end
  return reply
end
