-- Looking: what a listing goes through, and how a job is shown.

-- A job as it is shown: id, record (whole, or without its arguments), status, lease.
function O.row(job, hasArguments)
  local lease = false
  if job.state == RUNNING then
    local _, _, value = O.leaseOf(job)
    lease = value
  end
  return {
    job.id, hasArguments and job.asked or sub(job.asked, 1, job.argumentsAt - 1),
    job.hasStatus and call('HGET', K.states, job.id), lease,
  }
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

-- How many records one call goes through at most.
local EXAMINES = 10000

local function walkEnded(state, keep, seq, visit)
  local key, max, examined = K[ENDED[state]], keep == '' and '+inf' or keep, 0
  local lastKeep, lastSeq = tonumber(keep), tonumber(seq)
  local offset = 0
  while true do
    local chunk = call('ZREVRANGEBYSCORE', key, max, '-inf', 'WITHSCORES', 'LIMIT', offset, 200)
    if #chunk == 0 then return end
    local passed = 0
    for i = 1, #chunk, 2 do
      local member, score = chunk[i], tonumber(chunk[i + 1])
      local number = O.number(sub(member, 1, 10))
      if lastKeep and score == lastKeep and number >= lastSeq then
        passed = passed + 1
      else
        local job = O.load(sub(member, 11, 26))
        examined = examined + 1
        if job and job.state == state and not visit(job, score, number, examined >= EXAMINES) then return end
        lastKeep, lastSeq = score, number
      end
    end
    -- What is equal in time to the last one is read again and passed over, so a change in between harms nothing.
    if passed == #chunk / 2 then
      offset = offset + 200
    else
      max, offset = string.format('%.0f', lastKeep), 0
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
            local isLast = examined >= EXAMINES
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

-- Goes through the jobs of a listing, newest acceptance first, or latest end first for one ended state, from behind a
-- cursor on. `visit` gets a job (nil if it only has to stop), its rank, and whether it is the last that may be looked
-- at; it answers whether to go on.
function O.walk(state, keep, seq, visit)
  if ENDED[state] then return walkEnded(state, keep, seq, visit) end
  return walkAll(state, seq, visit)
end

-- Whether a job fits a filter; empty words fit all.
function O.fits(job, queue, type, tag)
  return (queue == '' or job.queue == queue) and (type == '' or job.type == type) and (tag == '' or O.hasTag(job, tag))
end

-- A rank as words: keep-until ('' in the order of acceptance) and acceptance number.
function O.rank(keep, number)
  return keep and string.format('%.0f', keep) or '', string.format('%.0f', number)
end
