-- Records a worker as alive and gives it the commands that wait for it.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker in hexadecimal; ARGV[4] its status, kept as it is
-- Returns the commands, in words with a space between them.
-- workers  seen-at i64, the status

O.beginWriting()
call('HSET', K.workers, ARGV[3], pack('>i8', now) .. ARGV[4])
local commands = call('HGET', K.commands, ARGV[3])
if commands then call('HDEL', K.commands, ARGV[3]) end
return O.finish(commands or '')
