-- Forgets a worker that has stopped, and hands back whatever it still holds, oldest lease first.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal
-- Returns how many leases were handed back.

local worker = ARGV[3]
O.beginWriting()
call('HDEL', K.workers, worker)
call('HDEL', K.commands, worker)
local all, leases = call('HGETALL', O.heldKey(worker)), {}
for i = 1, #all, 2 do leases[#leases + 1] = { counter = unpackAt('>I8', all[i]), lease = all[i + 1] } end
table.sort(leases, function(a, b) return a.counter < b.counter end)
call('DEL', O.heldKey(worker))
O.expectLease(worker, nil)
for _, one in ipairs(leases) do
  local job = O.leased(one.lease)
  if job then O.takeBack(job, true) end
end
return O.finish(#leases)
