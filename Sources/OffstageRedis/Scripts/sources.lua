-- Which lines a reservation takes from, and in which order. The index of heads shows which come first (see lines.lua).

-- The groups of lines that are exhausted one after the other: one group for all queues, or the named queues in their
-- order. Each group has sources by level: a type in all queues, or one line.
local function groups()
  local all = {}
  for _, queue in ipairs(selection.queues and selection.order or { '*' }) do
    if queue == '*' or not O.isPaused(queue) then all[#all + 1] = queue end
  end
  return all
end

-- The cached levels or lines of the groups, until a successor is freed.
local looked = {}

-- Calls a function for each source of a group with its level and type, and with the line's place if it is a single
-- line.
local function eachSource(queue, visit)
  local names = selection.names
  if #names == 0 then return end
  looked[queue] = looked[queue] or O.values(queue == '*' and K.types or O.lanesKey(queue), names)
  for i, known in ipairs(looked[queue]) do
    if known and queue == '*' then
      for at = 1, #known do visit(sub(known, at, at), names[i]) end
    elseif known then
      O.eachLine(known, function(level, at) visit(level, names[i], sub(known, at + 1, at + 18)) end)
    end
  end
end

-- Calls a function with the sources of each priority that has any, either those of suspects or the others, until it
-- returns true. Returns whether it did.
local function eachPriority(queue, isSuspect, visit)
  local priorities
  eachSource(queue, function(level, type, place)
    if O.isSuspectLevel(level) ~= isSuspect then return end
    local priority = O.priorityOf(level)
    priorities = priorities or {}
    priorities[priority] = priorities[priority] or {}
    table.insert(priorities[priority],
      { level = level, type = type, queue = place and queue, place = place, lines = {}, at = 1 })
  end)
  if not priorities then return false end
  for priority = 0, 9 do
    if priorities[priority] and visit(priorities[priority]) then return true end
  end
  return false
end

-- Reads the next lines of a source that hold a due job, in the order of their first jobs, a page at a time.
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
