-- Returns the records of jobs.
-- KEYS[1]  the partition's base
-- ARGV[3]  the maximum number of bytes (the first job is returned whatever its size); ARGV[4…] ids
-- Returns: wall clock, lease clock, then for each id a row (see look.lua), or an empty list if there is no such job.
--          There are fewer rows than ids if the remaining ones would exceed the maximum.

local reply, room = { now, O.leaseNow() }, tonumber(ARGV[3])
for i = 4, #ARGV do
  local size = call('HSTRLEN', K.jobs, ARGV[i]) + call('HSTRLEN', K.states, ARGV[i])
  if size > room and i > 4 then break end
  room = room - size
  local job = O.load(ARGV[i])
  reply[#reply + 1] = job and O.row(job, true) or {}
end
return reply
