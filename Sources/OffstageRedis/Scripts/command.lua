-- Leaves a command for a live worker, that is, one whose last heartbeat is at most three lease times old.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal; ARGV[4] the command's word
-- Returns 1, or 0 if there is no such worker.

O.beginWriting()
local known = call('HGET', K.workers, ARGV[3])
if not known or now - unpackAt('>i8', known) > 3 * leaseTime then return 0 end
local commands = call('HGET', K.commands, ARGV[3])
if not commands then
  call('HSET', K.commands, ARGV[3], ARGV[4])
elseif not string.find(' ' .. commands .. ' ', ' ' .. ARGV[4] .. ' ', 1, true) then
  call('HSET', K.commands, ARGV[3], commands .. ' ' .. ARGV[4])
end
return 1
