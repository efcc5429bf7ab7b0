-- Checks that this is still the namespace that the program opened. It may have vanished (FLUSHALL, a restart without
-- its data), and another program may have created it again with other partitions. Nothing is read or written in a
-- different namespace.
-- identity 16 random bytes, the same in all partitions of a namespace; in a cluster, then the id of the node that the
--          partition lives on. A node that finds another node's id there took the partition over, by a failover or by a
--          move of its slot. The client then checks whether all keys came along, and writes the new id (see adopt.lua).
--          The check is needed because a failover in the middle of a move leaves the new master with only the keys that
--          were not moved yet, and it does not know that.

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
