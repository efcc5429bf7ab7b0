-- Forgets a worker that has stopped, and hands back whatever it still holds, oldest lease first.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal
-- Returns how many leases were handed back.

local worker = ARGV[3]
O.beginWriting()
call('HDEL', K.workers, worker)
call('HDEL', K.commands, worker)
local leases = O.leasesOf(worker)
table.sort(leases, function(a, b) return a.counter < b.counter end)
for _, one in ipairs(leases) do O.takeBack(one.id, true) end
O.expectLease(worker, nil)
return O.finish(#leases)
