-- Which lines a reservation takes from, and in which order: the index of heads says which come first (see lines.lua).

-- The groups of lines that are exhausted one after the other: one of all queues, or the named ones in their order. Each
-- has, by level, its sources: a type in all queues, or one line.
local function groups()
  local all = {}
  for _, queue in ipairs(selection.queues and selection.order or { '*' }) do
    if queue == '*' or not O.isPaused(queue) then all[#all + 1] = queue end
  end
  return all
end

-- What is known of the groups' lines, until somebody was freed.
local looked = {}
local function sourcesOf(queue)
  local byLevel, names = {}, selection.names
  local function add(level, type, place)
    byLevel[level] = byLevel[level] or {}
    table.insert(byLevel[level], { level = level, type = type, queue = place and queue, place = place, lines = {}, at = 1 })
  end
  if #names == 0 then return byLevel end
  looked[queue] = looked[queue] or O.values(queue == '*' and K.types or O.lanesKey(queue), names)
  for i, known in ipairs(looked[queue]) do
    if known and queue == '*' then
      for level in string.gmatch(known, '.') do add(level, names[i]) end
    elseif known then
      O.eachLine(known, function(level, at) add(level, names[i], sub(known, at + 1, at + 18)) end)
    end
  end
  return byLevel
end

-- Calls a function with the sources of each priority that has some, until it returns true; returns whether it did.
local function eachPriority(byLevel, isSuspect, visit)
  if not next(byLevel) then return false end
  for priority = 0, 9 do
    local ready, timed = byLevel[O.level(priority, isSuspect, false)], byLevel[O.level(priority, isSuspect, true)]
    local sources = ready or timed
    if ready and timed then
      sources = { unpack(ready) }
      for _, source in ipairs(timed) do sources[#sources + 1] = source end
    end
    if sources and visit(sources) then return true end
  end
  return false
end

-- The lines of a source that hold a due job, in the order of their first jobs, some at a time.
local PAGES = { 2, 30, 250, 1000 }
local function moreLines(source)
  source.at, source.lines = 1, {}
  if source.isRead then return end
  local level, type = source.level, source.type
  local function add(queue, runAt, seq)
    local lane = queue .. '|' .. type
    table.insert(source.lines, {
      name = level .. '|' .. lane, lane = lane, level = level, runAt = runAt, number = O.number(seq), source = source,
    })
  end
  if source.queue then
    source.isRead = true
    local runAt = unpackAt('>i8', source.place)
    if not O.isTimed(level) or runAt <= now then add(source.queue, runAt, sub(source.place, 9)) end
    return
  end
  source.page = math.min((source.page or 0) + 1, #PAGES)
  local count, offset = PAGES[source.page], source.offset or 0
  local found = call('ZRANGEBYSCORE', O.headsKey(level, type), '-inf', O.isTimed(level) and now or '+inf',
    'WITHSCORES', 'LIMIT', offset, count)
  for i = 1, #found, 2 do add(sub(found[i], 11), tonumber(found[i + 1]), found[i]) end
  source.offset = offset + count
  source.isRead = #found < 2 * count
end

local function nextLine(source)
  if source.at > #source.lines then moreLines(source) end
  local line = source.lines[source.at]
  source.at = source.at + 1
  return line
end
