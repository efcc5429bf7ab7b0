-- The records of jobs.
-- KEYS[1]  the partition's base
-- ARGV[3…] ids
-- Returns: wall clock, lease clock, then for each id a row (see look.lua), or an empty list if there is no such job.

local reply = { now, O.leaseNow() }
for i = 3, #ARGV do
  local job = O.load(ARGV[i])
  reply[i] = job and O.row(job, true) or {}
end
return reply
