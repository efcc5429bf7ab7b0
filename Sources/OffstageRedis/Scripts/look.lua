-- Looking: what a listing goes through, and how a job is shown.

-- A status without the parts that can be large and that a listing does not show: checkpoint and result.
local function narrow(status)
  if byte(status, 21) == 254 then
    local flags = byte(status, 47)
    return sub(status, 1, 46) .. string.char(flags - band(flags, 2)) .. sub(status, 48, 55)
  end
  local flags, at = byte(status, 90), 91
  for _, flag in ipairs({ 32, 2 }) do
    if band(flags, flag) ~= 0 then at = at + 4 + unpackAt('>I4', status, at) end
  end
  return sub(status, 1, 89) .. string.char(flags - band(flags, 12)) .. sub(status, 91, at - 1)
end

-- A job as returned to a caller: id, record, status, lease; or only the parts that a listing shows.
function O.row(job, isWhole)
  local status = job.hasStatus and call('HGET', K.states, job.id)
  if isWhole then return { job.id, job.asked, status, job.lease or false } end
  return { job.id, sub(job.asked, 1, job.argumentsAt - 1), status and narrow(status), job.lease or false }
end

function O.hasTag(job, tag)
  local x = job.extras
  if not x then return false end
  local at, last = x.tagsAt, x.tagsAt + x.tagsLength - 1
  while at <= last do
    local length = byte(job.asked, at)
    if sub(job.asked, at + 1, at + length) == tag then return true end
    at = at + 1 + length
  end
  return false
end

-- The next members of an ended state behind a rank: score, number and id, latest first.
local endedBefore
function endedBefore(state, keep, number)
  local max, found = keep and string.format('%.0f', keep) or '+inf', {}
  if state == COMPLETED then
    local last
    local names = call('ZREVRANGEBYSCORE', K.completed, max, '-inf', 'WITHSCORES', 'LIMIT', 0, 20)
    for i = 2, #names, 2 do
      local score = tonumber(names[i])
      if score ~= last then
        local all = O.completedAt(score)
        for place = #all, 1, -1 do
          if score ~= keep or all[place].number < number then
            found[#found + 1] = { score, all[place].number, sub(all[place].entry, 11, 26) }
          end
        end
        last = score
      end
    end
    -- Jobs with the same keep-until may have filled the page without one behind the rank; then take the next
    -- keep-until.
    if #found == 0 and #names > 0 then
      local below = call('ZREVRANGEBYSCORE', K.completed, '(' .. string.format('%.0f', last), '-inf', 'WITHSCORES',
        'LIMIT', 0, 1)
      if below[2] then return endedBefore(state, tonumber(below[2]), math.huge) end
    end
    return found
  end
  local offset = 0
  while true do
    local members = call('ZREVRANGEBYSCORE', K[ENDED[state]], max, '-inf', 'WITHSCORES', 'LIMIT', offset, 200)
    for i = 1, #members, 2 do
      local score, own = tonumber(members[i + 1]), O.number(members[i])
      if score ~= keep or own < number then found[#found + 1] = { score, own, sub(members[i], 11, 26) } end
    end
    if #found > 0 or #members == 0 then return found end
    offset = offset + 200
  end
end

local function walkEnded(state, keep, seq, visit)
  local lastKeep, lastNumber, examined = tonumber(keep), tonumber(seq), 0
  while true do
    local found = endedBefore(state, lastKeep, lastNumber)
    if #found == 0 then return end
    for _, one in ipairs(found) do
      local job = O.load(one[3])
      examined = examined + 1
      if job and job.state == state and not visit(job, one[1], one[2], examined >= PAGE_EXAMINES) then return end
      lastKeep, lastNumber = one[1], one[2]
    end
  end
end

local function walkAll(state, seq, visit)
  local max, before, examined = seq == '' and '+inf' or '(' .. seq, tonumber(seq), 0
  while true do
    local blocks = call('ZREVRANGEBYSCORE', K.order, max, '-inf', 'LIMIT', 0, 20)
    if #blocks == 0 then return end
    for _, block in ipairs(blocks) do
      local ids = call('HGET', K.blocks, block) or ''
      for at = #ids - 15, 1, -16 do
        local job = O.load(sub(ids, at, at + 15))
        if job and sub(job.seq, 1, 8) == block then
          local number = O.number(job.seq)
          if not before or number < before then
            examined = examined + 1
            local isLast = examined >= PAGE_EXAMINES
            if state < 0 or job.state == state then
              if not visit(job, nil, number, isLast) then return end
            elseif isLast then
              if not visit(nil, nil, number, true) then return end
            end
          end
        end
      end
    end
    max = string.format('(%.0f', unpackAt('>I8', blocks[#blocks]))
  end
end

-- Goes through the jobs of a listing from behind a cursor: newest acceptance first, or latest keep-until first for one
-- ended state. Calls `visit` with a job (nil if the walk only has to stop), its rank, and whether it is the last that
-- may be examined; `visit` returns whether to continue.
function O.walk(state, keep, seq, visit)
  if ENDED[state] then return walkEnded(state, keep, seq, visit) end
  return walkAll(state, seq, visit)
end

-- Whether a job matches a filter; an empty word matches everything.
function O.fits(job, queue, type, tag)
  return (queue == '' or job.queue == queue) and (type == '' or job.type == type) and (tag == '' or O.hasTag(job, tag))
end

-- A rank as two words: keep-until ('' in the order of acceptance) and acceptance number.
function O.rank(keep, number)
  return keep and string.format('%.0f', keep) or '', string.format('%.0f', number)
end
