-- Extends exactly the leases listed, and takes back leases of the worker that it never learned of.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker, 8 bytes; ARGV[4] leases with a smaller counter (8 bytes) that are not listed are taken back;
--          then for each lease: id | proof: counter u64, attempt u32; at most 10,000
-- Returns: a letter for each lease (K kept, C kept and cancellation requested, L lost, E settled by its holder
--          meanwhile), how many were taken back.

local worker, before = ARGV[3], unpackAt('>I8', ARGV[4])
local name = O.hex(worker)
local answers, listed, ids, late, places = {}, {}, {}, {}, {}
local deadline = pack('>i8', O.leaseEnd())

O.beginWriting()
O.moveLeaseClock()
for i = 5, #ARGV, 2 do ids[#ids + 1] = ARGV[i] end
for i, lease in ipairs(#ids > 0 and O.values(K.leases, ids) or {}) do
  if lease and sub(lease, 1, 8) == worker and sub(lease, 17, 28) == ARGV[4 + 2 * i] then
    O.changeLease(ids[i], lease, nil, deadline)
    listed[ids[i]] = true
    answers[i] = band(byte(lease, 71), 4) ~= 0 and 'C' or 'K'
  else
    late[#late + 1] = ids[i]
    places[#places + 1] = i
  end
end
-- A lease that its holder settled while the renewal was in flight is neither lost nor stale. The lease of a job that no
-- longer exists is lost, but not stale.
for n, status in ipairs(#late > 0 and O.values(K.states, late) or {}) do
  local i = places[n]
  if status and sub(status, 1, 20) == worker .. ARGV[4 + 2 * i] and byte(status, 21) ~= END_CRASHED then
    answers[i] = 'E'
  else
    answers[i] = 'L'
    local job = O.load(late[n])
    if job then O.refuse(job, name) end
  end
end

local unknown, first = {}, nil
for _, one in ipairs(O.leasesOf(name)) do
  if one.counter < before and not listed[one.id] then
    unknown[#unknown + 1] = one
  else
    local ends = unpackAt('>i8', one.lease, 37)
    if not first or ends < first then first = ends end
  end
end
table.sort(unknown, function(a, b) return a.counter < b.counter end)
for _, one in ipairs(unknown) do O.takeBack(one.id, false) end
O.expectLease(name, first)
return O.finish({ table.concat(answers), #unknown })
