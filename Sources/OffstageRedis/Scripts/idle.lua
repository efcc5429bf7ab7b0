-- Records that a waiter waits for jobs of a selection, or that it no longer does.
-- KEYS[1]  the partition's base
-- ARGV[3]  "waits", "goes", or "passes on": the waiter was woken for a lane and cannot take the job
-- ARGV[4]  the selection's short name; ARGV[5] the selection ("queue|queue;type|type"); ARGV[6] the waiter,
--          "instance/number"; ARGV[7] for "passes on", the lane it was woken for
-- Returns 1.

O.beginWriting()
if ARGV[3] == 'waits' then
  call('HSET', K.selections, ARGV[4], ARGV[5])
  call('SADD', O.idleKey(ARGV[4]), ARGV[6])
else
  if call('SREM', O.idleKey(ARGV[4]), ARGV[6]) == 1 and call('EXISTS', O.idleKey(ARGV[4])) == 0 then
    call('HDEL', K.selections, ARGV[4])
  end
  if ARGV[3] == 'passes on' then O.laneBecameReservable(ARGV[7], 1) end
end
return O.finish(1)
