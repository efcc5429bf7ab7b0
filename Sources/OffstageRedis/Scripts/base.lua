-- The base of every script: clock, settings, keys, and a list of what else must happen before the script ends (counts,
-- wake-ups). A script consists of this file, identity.lua, the other shared files that its verb may need, and the file
-- of the verb. Redis runs the whole text with every call, so a shared file is evaluated only when something in it is
-- first used: RedisScripts.swift wraps each file into a function in "files", and lists in FILES which function of O is
-- in which file (" load=1 save=1 line=2 ..."). It also puts numbers, limits and texts of the core at the very top
-- (COMPLETED, BATCH, TEXT_EXPIRED ...).
--
-- Every script has two declared keys: KEYS[1], the base of its partition ("{namespace.partition}"), which never exists
-- as a key itself, and KEYS[2], the partition's identity, which always exists. The names below are appended to the
-- base, so all keys lie in one slot. While a cluster moves that slot, it refuses every command that names two keys of
-- which one is missing, on the old node (ASK, TRYAGAIN) and on the new one (TRYAGAIN). So no script ever runs on only
-- part of a partition's keys.
--
-- ARGV[1]  the namespace's identity, 16 bytes (see identity.lua), then the clock: nothing for the server's own, or 16
--          bytes, wall and monotonic microseconds (tests set it)
-- ARGV[2]  settings: i64 lease, completed age, ended age, caller's-id age; u32 how many crashes while running alone
--          discard a suspect; i64 how long the id of a deleted record is remembered; then u8 length, type, i64 age ...
-- Times are in microseconds. Numbers in strings are big-endian, so they sort as bytes.

local call, pack, unpackAt, band = redis.call, struct.pack, struct.unpack, bit.band
local IDENTITY = 16
local sub, byte, find = string.sub, string.byte, string.find
local files = {}
local O = setmetatable({}, {
  __index = function(shared, name)
    local _, last = find(FILES, ' ' .. name .. '=', 1, true)
    local define = last and files[sub(FILES, last + 1, last + 1)]
    if not define then return nil end
    files[sub(FILES, last + 1, last + 1)] = nil
    define()
    return rawget(shared, name)
  end,
})

local ENDED = { [COMPLETED] = 'completed', [DISCARDED] = 'discarded', [CANCELLED] = 'cancelled' }
local NONE = string.rep('\0', 8)

-- Every key there is; docs/storage/redis.md describes what each holds.
local base = KEYS[1]
local KNOWN = ' jobs states leases deadlines suspects turns sequence open ghosts due expiring completed endings '
  .. 'discarded cancelled unique windows tombs graves blocks alive order counts history minutes paused workers '
  .. 'commands news newsorder newsnames newsfresh newstaken newswaiting newsdropped numbers selections requests '
  .. 'requesttimes meta clock identity echoes types migrating none '
local K = setmetatable({}, {
  __index = function(known, name)
    if not find(KNOWN, ' ' .. name .. ' ', 1, true) then error('no such key: ' .. name) end
    local key = base .. name
    known[name] = key
    return key
  end,
})
function O.lineKey(line) return base .. 'line:' .. line end
function O.laterKey(line) return base .. 'later:' .. line end
function O.headsKey(level, type) return base .. 'heads:' .. level .. '|' .. type end
function O.lanesKey(queue) return base .. 'lanes:' .. queue end
function O.grantsKey(worker) return base .. 'grants:' .. worker end
function O.heldKey(worker) return base .. 'held:' .. worker end
function O.idleKey(selection) return base .. 'idle:' .. selection end
function O.echoKey(ends) return base .. 'echo:' .. ends end
function O.channel(instance) return base .. 'wake:' .. instance end

local now, mono
if #ARGV[1] == IDENTITY then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
  mono = now
else
  now, mono = unpackAt('>i8i8', ARGV[1], IDENTITY + 1)
end

-- The latest possible time. Lua's numbers are exact up to here, and a later one would wrap when it is packed.
local NEVER = 9007199254740991
function O.after(delay) return math.min(now + delay, NEVER) end

-- The settings, parsed on first use.
local leaseTime = unpackAt('>i8', ARGV[2])

-- The lease clock counts the time in which somebody wrote (LeaseClock.swift explains why). A gap longer than two
-- heartbeats (half a lease) counts as half a lease, and a clock that was set back subtracts nothing. The clock is read
-- on first use. O.finish stores it if O.moveLeaseClock advanced it by at least a twentieth of a lease.
-- clock    lease time i64, server's clock at that moment i64, lease time at the end of the last shortened gap i64
local leaseNow, outage, movedClock
-- What identity.lua has read: the partition's identity, and the stored clock.
local identity, kept
local function readLeaseClock()
  if leaseNow then return end
  if kept == nil then kept = call('GET', K.clock) end
  if not kept then
    leaseNow, outage, movedClock = mono, 0, true
    return
  end
  local time, seen
  time, seen, outage = unpackAt('>i8i8i8', kept)
  local gap = math.max(0, mono - seen)
  leaseNow = time + math.min(gap, math.floor(leaseTime / 2))
  movedClock = mono < seen or gap >= math.floor(leaseTime / 20)
  if movedClock and gap > math.floor(leaseTime / 2) then outage = leaseNow end
end
function O.leaseNow()
  readLeaseClock()
  return leaseNow
end
-- When a lease that is granted or renewed now expires.
function O.leaseEnd() return O.leaseNow() + leaseTime end
-- Whether the store was in use the whole time since a lease with this deadline was granted or renewed.
function O.wasInUse(deadline)
  readLeaseClock()
  return outage <= deadline - leaseTime
end
-- Notes that this script writes. Every verb that changes a job calls it first.
local keepsClock = false
function O.moveLeaseClock()
  readLeaseClock()
  keepsClock = movedClock
end
local ages
function O.age(state, type)
  if not ages then
    ages = { types = {} }
    local at
    ages.completed, ages.ended, ages.caller, at = unpackAt('>i8i8i8', ARGV[2], 9)
    ages.id, at = unpackAt('>i8', ARGV[2], at + 4)
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
function O.idAge()
  O.age(CANCELLED, '')
  return ages.id
end

function O.crashesAlone() return (unpackAt('>I4', ARGV[2], 33)) end

-- When memory is full, Redis lets a script finish only if it has already begun to write. A verb that must work then
-- calls this first.
function O.beginWriting() call('DEL', K.none) end

-- Calls a variadic command with a list of words, in pieces small enough for Lua's stack.
local PIECE = 2000
function O.each(command, key, words, count)
  count = count or #words
  for first = 1, count, PIECE do
    call(command, key, unpack(words, first, math.min(first + PIECE - 1, count)))
  end
end

-- The values of many fields of a hash; false for a missing field.
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

-- Changes to the counts by state and lane are summed up here; O.finish writes them once.
local counted = {}
function O.count(state, lane, by)
  local field = state .. '|' .. lane
  counted[field] = (counted[field] or 0) + by
end

-- Returns the reply after all deferred writes are done.
function O.finish(reply)
  -- If memory is full and nothing was written yet, this write fails and the clock stays as it was.
  if keepsClock then redis.pcall('SET', K.clock, pack('>i8i8i8', leaseNow, mono, outage)) end
  for field, by in pairs(counted) do
    if by ~= 0 and call('HINCRBY', K.counts, field, by) == 0 then call('HDEL', K.counts, field) end
  end
  O.wakeWaiters()
  return reply
end

-- A verb that cannot detect a repeated request keeps its reply under the request's id for a while.
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
