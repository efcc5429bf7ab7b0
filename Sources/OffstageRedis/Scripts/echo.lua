-- Echoes: ids whose records have been deleted. A sender may not have learned that its job was stored, and sends it
-- again; by then the job can have run, ended and been pruned, all within a second. So the id of a job that ended
-- shortly before its record was deleted is remembered for a while longer. Little more than its sixteen bytes are
-- stored: ids are joined by the time in them, and the ids that expire together are in one key ("echo:TIME"), so a
-- million of them can be deleted at once.
-- echo:T   by state u8 and time slice, 5 bytes: the number of full pieces u32, then ids, joined; by state, slice and
--          piece number u32: a full piece, ids only. Ids are stored in pieces because Redis copies a growing value each
--          time.
-- echoes   T of each such key; numbers, "echo": the latest slice

-- The first six bytes of an id are its creation time in milliseconds; the first five are a slice of 256 ms.
local function sliceOf(id) return sub(id, 1, 5) end
local function numberOf(slice) return (unpackAt('>I5', slice)) end

-- The latest slice, -1 if there is none; read on first use.
local latest
local function latestSlice()
  latest = latest or tonumber(call('HGET', K.numbers, 'echo') or -1)
  return latest
end

local noted
local PIECE_SIZE = 1024
local function append(key, field, ids)
  local value = call('HGET', key, field)
  local pieces = value and unpackAt('>I4', value) or 0
  if value then ids = sub(value, 5) .. ids end
  if #ids >= PIECE_SIZE then
    call('HSET', key, field .. pack('>I4', pieces), ids)
    pieces, ids = pieces + 1, ''
  end
  call('HSET', key, field, pack('>I4', pieces) .. ids)
end

-- Until when the id of a job that ended at a given time is remembered, if its record is deleted now. The time is
-- rounded up to a multiple of a third of the age, so many ids can be forgotten at once. Returns `now` for a job that
-- ended long ago, because it is not sent again.
function O.echoEnd(endedAt)
  local age = O.idAge()
  if endedAt + age <= now then return now end
  local third = math.ceil(age / 3)
  return math.ceil(O.after(age) / third) * third
end

-- Remembers ids of jobs that ended at the same time in the same state.
function O.keepEcho(ids, state, endedAt)
  local untilTime = O.echoEnd(endedAt)
  if #ids == 0 or untilTime <= now then return end
  -- Ids that completed together were mostly created together.
  local slices, slice, first = {}, sliceOf(ids[1]), 1
  for i = 2, #ids + 1 do
    local own = ids[i] and sliceOf(ids[i])
    if own ~= slice then
      slices[slice] = (slices[slice] or '') .. table.concat(ids, '', first, i - 1)
      slice, first = own, i
    end
  end
  local name = string.format('%.0f', untilTime)
  local key, newest = O.echoKey(name), latestSlice()
  for slice, joined in pairs(slices) do
    append(key, string.char(state) .. slice, joined)
    newest = math.max(newest, numberOf(slice))
  end
  if name ~= noted then
    noted = name
    call('HSET', K.echoes, name, 1)
  end
  if newest > latestSlice() then
    latest = newest
    call('HSET', K.numbers, 'echo', string.format('%.0f', newest))
  end
end

-- Whether an id, or a later one, may be an echo. The id of a new job is later than all ids of deleted records.
function O.mayEcho(id) return latestSlice() >= 0 and numberOf(sliceOf(id)) <= latest end

-- The remembered ids of a slice, as one table; read once per script.
local heard = {}
local function echoesOf(slice)
  if heard[slice] then return heard[slice] end
  local found, fields = { looks = 0 }, {}
  for state = COMPLETED, CANCELLED do fields[#fields + 1] = string.char(state) .. slice end
  for _, name in ipairs(call('HKEYS', K.echoes)) do
    if tonumber(name) > now then
      for i, value in ipairs(call('HMGET', O.echoKey(name), unpack(fields))) do
        if value then
          local all = { sub(value, 5) }
          for piece = 0, unpackAt('>I4', value) - 1 do
            all[#all + 1] = call('HGET', O.echoKey(name), fields[i] .. pack('>I4', piece))
          end
          found[#found + 1] = { ids = table.concat(all), state = COMPLETED + i - 1 }
        end
      end
    end
  end
  heard[slice] = found
  return found
end

-- The state in which a job with a deleted record ended; nil if its id is not remembered.
function O.echo(id)
  if not O.mayEcho(id) then return nil end
  local groups = echoesOf(sliceOf(id))
  groups.looks = groups.looks + 1
  -- A few ids are searched for in the strings. For many, a table is built.
  if groups.looks == 8 then
    groups.states = {}
    for _, group in ipairs(groups) do
      for at = 1, #group.ids, 16 do groups.states[sub(group.ids, at, at + 15)] = group.state end
    end
  end
  if groups.states then return groups.states[id] end
  for _, group in ipairs(groups) do
    local at = find(group.ids, id, 1, true)
    -- A match may begin in one id and end in the next.
    while at and at % 16 ~= 1 do at = find(group.ids, id, at + 1, true) end
    if at then return group.state end
  end
end

-- Forgets expired echoes.
function O.dropEchoes()
  local names = call('HKEYS', K.echoes)
  if #names == 0 then return end
  local left = #names
  for _, name in ipairs(names) do
    if tonumber(name) <= now then
      call('UNLINK', O.echoKey(name))
      call('HDEL', K.echoes, name)
      left = left - 1
    end
  end
  if left == 0 then
    call('HDEL', K.numbers, 'echo')
    latest = -1
  end
end
