-- Is this still the namespace that the program opened? It may have vanished (FLUSHALL, a restart without its data), and
-- somebody may have made it anew, with other partitions. Nothing is read or written in a namespace that is another one.
-- identity 16 random bytes, the same in all partitions of a namespace; in a cluster then the id of the node that the
--          partition lives on. A node that finds another node's id there took the partition over, by a failover or by a
--          move of its slot; the client looks whether all keys came along, and then writes the new id (see adopt.lua).
--          A failover in the middle of a move is why: the new master has what was not moved yet, and does not know.

do
  identity, kept = unpack(call('MGET', KEYS[2], K.clock))
  if not identity then return redis.error_reply('OFFSTAGE_GONE the namespace is not here') end
  if sub(identity, 1, IDENTITY) ~= sub(ARGV[1], 1, IDENTITY) then
    return redis.error_reply('OFFSTAGE_OTHER another namespace of this name is here')
  end
  if #identity > IDENTITY and sub(identity, IDENTITY + 1) ~= call('CLUSTER', 'MYID') then
    return redis.error_reply('OFFSTAGE_MOVED the partition has come to another node')
  end
end
