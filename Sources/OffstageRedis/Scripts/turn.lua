-- Gives a worker the turn to run a crash suspect, if it is allowed to have it, or takes the turn away. If there are
-- several partitions, partition 0 decides this, because it knows the workers.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal; ARGV[4] its selection (see reserve.lua); ARGV[5] for how many microseconds, 0: it
--          no longer wants the turn; then the workers that hold a suspect in any partition
-- Returns: 1 if it has the turn, else 0.

local worker, duration = ARGV[3], tonumber(ARGV[5])
O.beginWriting()
local elsewhere = {}
for i = 6, #ARGV do elsewhere[#elsewhere + 1] = ARGV[i] end
if duration == 0 or not O.hasTurn(worker, O.readSelection(ARGV[4]), elsewhere) then
  call('HDEL', K.turns, worker)
  return 0
end
O.giveTurn(worker, duration)
return 1
