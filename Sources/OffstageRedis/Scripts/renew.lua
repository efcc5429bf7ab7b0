-- Extends exactly the leases listed, and takes back those of the worker that it never heard of.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker, 8 bytes; ARGV[4] leases with a smaller counter (8 bytes) that are not listed are taken back; then
--          for each lease: counter 8 | proof 30 (see work.lua); at most 10,000
-- Returns: a letter for each lease (K kept, C kept and asked to cancel, L lost), how many were taken back.

local worker, before = ARGV[3], unpackAt('>I8', ARGV[4])
local name = O.hex(worker)
local key = O.heldKey(name)
local answers, renewed, listed, counters = {}, {}, {}, {}

O.beginWriting()
for i = 5, #ARGV, 2 do counters[#counters + 1] = ARGV[i] end
local leases = #counters > 0 and O.values(key, counters) or {}
for i, counter in ipairs(counters) do
  local lease = leases[i]
  listed[counter] = true
  if lease and sub(lease, 17, 46) == ARGV[4 + 2 * i] then
    renewed[#renewed + 1] = counter
    renewed[#renewed + 1] = O.changedLease(lease, mono + leaseTime)
    answers[i] = band(byte(lease, 47), 4) ~= 0 and 'C' or 'K'
  else
    answers[i] = 'L'
    O.refuse(1)
  end
end
if #renewed > 0 then O.each('HSET', key, renewed) end

local unknown, first = {}, nil
local all = call('HGETALL', key)
for i = 1, #all, 2 do
  local counter = unpackAt('>I8', all[i])
  if counter < before and not listed[all[i]] then
    unknown[#unknown + 1] = { counter = counter, text = all[i], lease = all[i + 1] }
  else
    local deadline = unpackAt('>i8', all[i + 1])
    if not first or deadline < first then first = deadline end
  end
end
table.sort(unknown, function(a, b) return a.counter < b.counter end)
for _, one in ipairs(unknown) do
  call('HDEL', key, one.text)
  local job = O.leased(one.lease)
  if job then O.takeBack(job, false) end
end
O.expectLease(name, first)
return O.finish({ table.concat(answers), #unknown })
