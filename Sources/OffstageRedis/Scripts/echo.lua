-- Echoes: ids whose records have gone. Whoever sent a job may not have heard that it was stored, and sends it again; by
-- then it can have run, ended and been pruned, all within a second. So the id of a job that ended shortly before its
-- record went is remembered for a while longer. Such ids lie together by when they may be forgotten ("echo:TIME"), so
-- that a million of them go at once and none of them needs a place in a sorted set.
-- echo:T   by id: state u8, until i64; echoes: T of each such key; numbers, "echo": the latest time in any of the ids

-- The first six bytes of an id that was made here are its time in milliseconds.
local function timeOf(id) return (unpackAt('>I6', id)) end

-- The latest time in any of them, -1 if there is none; read when it is first needed.
local latest
local function latestTime()
  latest = latest or tonumber(call('HGET', K.numbers, 'echo') or -1)
  return latest
end

-- Remembers ids of one state; what ended long before is not sent again.
function O.keepEcho(ids, state, endedAt)
  local untilTime = O.after(O.idAge())
  if #ids == 0 or endedAt + O.idAge() <= now then return end
  -- A few keys at a time: each is looked through for an id.
  local span = math.max(math.ceil(O.idAge() / 3), 1)
  local name = string.format('%.0f', math.ceil(untilTime / span) * span)
  local value, words, newest = pack('>Bi8', state, untilTime), {}, 0
  for i, id in ipairs(ids) do
    words[2 * i - 1], words[2 * i] = id, value
    newest = math.max(newest, timeOf(id))
  end
  O.each('HSET', O.echoKey(name), words)
  call('HSET', K.echoes, name, 1)
  if newest > latestTime() then
    latest = newest
    call('HSET', K.numbers, 'echo', string.format('%.0f', newest))
  end
end

-- Whether an id, or a later one, may be among them: an id of a new job is later than all whose records have gone.
function O.mayEcho(id) return timeOf(id) <= latestTime() end

-- The state in which a job ended whose record has gone; nil if its id is not remembered.
function O.echo(id)
  if not O.mayEcho(id) then return nil end
  for _, name in ipairs(call('HKEYS', K.echoes)) do
    local value = call('HGET', O.echoKey(name), id)
    if value then
      local state, untilTime = unpackAt('>Bi8', value)
      if untilTime > now then return state end
    end
  end
end

-- Forgets those whose time is over.
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
