-- Takes from several lines in the order of run-at and acceptance.

local function countPlain(lane, plain)
  O.count(AVAILABLE, lane, -plain)
  O.count(RUNNING, lane, plain)
end

-- At most this many lines are taken from in one call; the rest is left to the next call, so no call takes long.
local MOST_LINES = 200

-- A run is a sorted sequence of jobs: a line's list, or its sorted set. The runs of a merge form a heap, together with
-- lines that are not opened yet.
local heap, opened = {}, {}

local function precedes(a, b)
  if a.runAt ~= b.runAt then return a.runAt < b.runAt end
  return a.number < b.number
end

local function sink(at)
  local one, count = heap[at], #heap
  while true do
    local child = 2 * at
    if child > count then break end
    if child < count and precedes(heap[child + 1], heap[child]) then child = child + 1 end
    if not precedes(heap[child], one) then break end
    heap[at] = heap[child]
    at = child
  end
  heap[at] = one
end

local function push(one)
  local at = #heap + 1
  while at > 1 do
    local parent = math.floor(at / 2)
    if not precedes(one, heap[parent]) then break end
    heap[at] = heap[parent]
    at = parent
  end
  heap[at] = one
end

-- Removes the top of the heap if it is exhausted, or moves it to where it now belongs.
local function settleTop(isOver)
  if isOver then
    heap[1] = heap[#heap]
    heap[#heap] = nil
  end
  if #heap > 1 then sink(1) end
end

-- Reads the next piece of a list, behind what was taken of it; large jobs one at a time.
local function readList(run)
  local line = run.line
  run.step = line.isLarge and 1 or math.min(250, (run.step or 8) * 2)
  local found = call('LRANGE', O.lineKey(line.name), line.gone, line.gone + run.step - 1)
  run.isRead = #found < run.step
  local items = {}
  if #found > 0 then
    local all = O.values(K.jobs, found)
    local marks = ghostMarks(found) or {}
    for i, id in ipairs(found) do
      local record = all[i]
      if marks[i] or not record or #record <= 40 then
        items[i] = { isGhost = marks[i], id = id }
      else
        items[i] = { id = id, record = record, runAt = (unpackAt('>i8', record, 9)), number = O.number(sub(record, 17, 26)) }
      end
    end
  end
  return items
end

-- Reads the next piece of a sorted set. Jobs that were taken are no longer in it.
local function readLater(run)
  local line = run.line
  run.step = math.min(250, (run.step or 8) * 2)
  local found = call('ZRANGEBYSCORE', O.laterKey(line.name), '-inf', O.isTimed(line.level) and now or '+inf',
    'WITHSCORES', 'LIMIT', 0, run.step)
  run.isRead = #found < 2 * run.step
  local items = {}
  for i = 1, #found, 2 do
    items[#items + 1] = { place = found[i], id = sub(found[i], 11), runAt = tonumber(found[i + 1]), number = O.number(found[i]) }
  end
  return items
end

-- Moves a run to its next job. Returns false at its end.
local function advance(run)
  while looks > 0 do
    run.at = run.at + 1
    if run.at > #run.items then
      if run.isRead then return false end
      run.items = run.isList and readList(run) or readLater(run)
      run.at = 1
      if #run.items == 0 then return false end
    end
    local item = run.items[run.at]
    if item.runAt then
      run.runAt, run.number = item.runAt, item.number
      return true
    end
    run.line.gone = run.line.gone + 1
    if item.isGhost then passGhost(item.id) end
  end
  return false
end

local function openLine(line)
  if #opened == MOST_LINES then
    looks = 0
    return
  end
  line.gone, line.plain = 0, 0
  line.isLarge = select(2, O.headOf(line.name))
  opened[#opened + 1] = line
  O.beingTaken[line.name] = true
  for _, isList in ipairs(O.isTimed(line.level) and { false } or { true, false }) do
    local run = { line = line, isList = isList, items = {}, at = 0 }
    if advance(run) then push(run) end
  end
end

-- Removes what was taken from the lists, and updates the places of the lines.
local function closeLines()
  for _, line in ipairs(opened) do
    O.beingTaken[line.name] = nil
    if line.gone > 0 then call('LPOP', O.lineKey(line.name), line.gone) end
    if line.plain > 0 then countPlain(line.lane, line.plain) end
    O.refreshHead(line.name)
  end
  heap, opened = {}, {}
end

-- Takes the current job of a run. Returns whether the lines must be read again.
local function takeFrom(run)
  local item, line = run.items[run.at], run.line
  if run.isList then
    if not hasRoom(#item.record) then return false end
    line.gone = line.gone + 1
    local flags = byte(item.record, 35)
    if flags < 2 then
      grantPlain(item.id, item.record, flags, line.lane)
      line.plain = line.plain + 1
      return false
    end
    local job = O.readStatus(O.readAsked(item.id, item.record), false)
    job.isTaken = true
    return meet(job, false)
  end
  local record, status = call('HGET', K.jobs, item.id), call('HGET', K.states, item.id)
  if not record or #record <= 40 then
    call('ZREM', O.laterKey(line.name), item.place)
    return false
  end
  if not hasRoom(#record + (status and #status or 0)) then return false end
  return meet(O.readStatus(O.readAsked(item.id, record), status), status)
end

-- Takes from the lines of some sources in the order of run-at and acceptance. Returns whether to read the lines again.
local function merge(sources)
  for _, source in ipairs(sources) do
    local line = nextLine(source)
    if line then push(line) end
  end
  local again = false
  while #heap > 0 and #ids < limit and looks > 0 and not isFull and not again do
    local top = heap[1]
    if top.source then
      settleTop(true)
      openLine(top)
      local line = nextLine(top.source)
      if line then push(line) end
    else
      again = takeFrom(top)
      if not again and not isFull then settleTop(not advance(top)) end
    end
  end
  closeLines()
  return again
end
