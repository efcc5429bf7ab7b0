-- Decides whose turn it is to run a crash suspect, by the rule in SuspectTurn.swift of OffstageCore. Used only if a
-- suspect is due and a worker could take it.
-- turns    by worker: until when it has the turn, i64, by the lease clock

-- The workers of this partition that hold a suspect or have the turn to take one.
function O.busyWithSuspects()
  local busy = O.suspectHolders()
  local turns = call('HGETALL', K.turns)
  for i = 1, #turns, 2 do
    if unpackAt('>i8', turns[i + 1]) > O.leaseNow() then busy[turns[i]] = true else call('HDEL', K.turns, turns[i]) end
  end
  return busy
end

-- The position of the flags in a worker's status (heartbeat.lua): behind seen-at, host, pid, started-at, concurrency.
local function flagsAt(known) return 37 + unpackAt('>I4', known, 9) end

local function names(known, at)
  local found, count = {}, unpackAt('>I4', known, at)
  at = at + 4
  for _ = 1, count do
    local length = byte(known, at)
    found[sub(known, at + 1, at + length)] = true
    at = at + 1 + length
  end
  return found, at
end

-- What a worker takes, according to its status.
local function taken(known)
  local at = flagsAt(known)
  local queues, next = names(known, at + 1)
  return { queues = band(byte(known, at), 2) ~= 0 and queues, types = names(known, next) }
end

local function shares(some, others)
  for name in pairs(some) do
    if others[name] then return true end
  end
  return false
end

local function overlaps(one, other)
  return shares(one.types, other.types) and (not one.queues or not other.queues or shares(one.queues, other.queues))
end

local function hasAll(some, others)
  for name in pairs(others) do
    if not some[name] then return false end
  end
  return true
end

local function covers(one, other)
  return hasAll(one.types, other.types) and (not one.queues or other.queues and hasAll(one.queues, other.queues))
end

-- Whether other workers allow a worker to be given a suspect. "elsewhere" lists the workers that are busy with one in
-- other partitions.
function O.hasTurn(worker, selection, elsewhere)
  local busy = O.busyWithSuspects()
  for _, name in ipairs(elsewhere) do busy[name] = true end
  busy[worker] = nil
  local rivals = 0
  for name in pairs(busy) do
    local known = call('HGET', K.workers, name)
    if not known or overlaps(selection, taken(known)) then rivals = rivals + 1 end
  end
  if rivals == 0 then return true end
  -- Usually all workers of a fleet are alike. Then the bytes are equal, and the selections need not be parsed.
  local own = call('HGET', K.workers, worker)
  own = own and sub(own, flagsAt(own) + 1)
  local free = 0
  local all = call('HGETALL', K.workers)
  for i = 1, #all, 2 do
    local name, known = all[i], all[i + 1]
    local at = flagsAt(known)
    if name ~= worker and not busy[name] and now - unpackAt('>i8', known) <= leaseTime
      and band(byte(known, at), 1) == 0 and (sub(known, at + 1) == own or covers(taken(known), selection)) then
      free = free + 1
    end
  end
  return rivals < free
end

-- Gives a worker the turn for this many microseconds.
function O.giveTurn(worker, duration) call('HSET', K.turns, worker, pack('>i8', O.leaseNow() + duration)) end
