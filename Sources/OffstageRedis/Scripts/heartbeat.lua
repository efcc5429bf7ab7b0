-- Records a worker as alive and returns the commands that wait for it.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal; ARGV[4] its status, stored unchanged; ARGV[5] the request's id
-- Returns the commands, as words separated by spaces.
-- workers  seen-at i64, the status

O.beginWriting()
O.moveLeaseClock()
call('HSET', K.workers, ARGV[3], pack('>i8', now) .. ARGV[4])
local commands = O.replayed(ARGV[5])
if not commands then
  commands = call('HGET', K.commands, ARGV[3])
  if not commands then return O.finish('') end
  call('HDEL', K.commands, ARGV[3])
  O.remember(ARGV[5], commands)
end
return O.finish(commands)
