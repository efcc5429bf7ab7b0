-- Creates a namespace, or describes an existing one. Each call handles one partition; partition 0 comes first.
-- KEYS[1]  the partition's base; KEYS[2] its identity
-- ARGV[3]  "first" for partition 0, "other", or "whole": all partitions have their identity now
-- ARGV[4]  1 if what is missing may be created: for partition 0, the namespace
-- ARGV[5]  the identity: the namespace's if it is known, else a new one; 16 bytes
-- ARGV[6]  1 in a cluster; ARGV[7] the layout that this program knows; ARGV[8] how many partitions a new namespace gets
-- Returns: layout (-1: there is none here, or it is not partition 0), partitions, the identity that is here now ('' if
--          none), 1 if all partitions have it, then a line for each key of a wrong type, and for each command that this
--          user is not allowed to call.

local part, mayMake, wanted, isCluster = ARGV[3], ARGV[4] == '1', ARGV[5], ARGV[6] == '1'

local TYPES = {
  jobs = 'hash', states = 'hash', leases = 'hash', deadlines = 'zset', endings = 'hash', sequence = 'string', open = 'hash', ghosts = 'hash', due = 'zset',
  expiring = 'zset', completed = 'zset', discarded = 'zset', cancelled = 'zset', unique = 'hash', windows = 'zset',
  tombs = 'hash', graves = 'zset', blocks = 'hash', alive = 'hash', order = 'zset', counts = 'hash', history = 'hash',
  minutes = 'zset', paused = 'set', workers = 'hash', commands = 'hash', news = 'hash', newsorder = 'zset',
  newsnames = 'zset', newsfresh = 'zset', newstaken = 'zset', newswaiting = 'hash', newsdropped = 'hash',
  numbers = 'hash', selections = 'hash', requests = 'hash', requesttimes = 'zset', meta = 'hash', clock = 'string',
  identity = 'string', echoes = 'hash', types = 'hash', migrating = 'hash', suspects = 'hash', turns = 'hash',
}

-- Every command of the scripts, each in a form that changes nothing: on the identity, which is a string, or on a key
-- that never exists. If the user were not allowed to call one of them, a script would fail in the middle.
local text, none = KEYS[2], K.none
local READS = {
  { 'EXISTS', none }, { 'GET', none }, { 'HEXISTS', none, 'x' }, { 'HSCAN', none, '0' }, { 'HGET', none, 'x' }, { 'HGETALL', none }, { 'HKEYS', none }, { 'HLEN', none },
  { 'HMGET', none, 'x' }, { 'HSTRLEN', none, 'x' }, { 'LINDEX', none, 0 }, { 'LLEN', none }, { 'LRANGE', none, 0, 0 },
  { 'MGET', none },
  { 'SISMEMBER', none, 'x' }, { 'SMEMBERS', none }, { 'TIME' }, { 'TYPE', none }, { 'ZCARD', none },
  { 'ZCOUNT', none, 0, 0 }, { 'ZRANGE', none, 0, 0 }, { 'ZRANGEBYLEX', none, '-', '+' },
  { 'ZRANGEBYSCORE', none, 0, 0 }, { 'ZREVRANGEBYSCORE', none, 0, 0 },
}
if isCluster then READS[#READS + 1] = { 'CLUSTER', 'MYID' } end
local WRITES = {
  { 'DEL', none }, { 'HDEL', none, 'x' }, { 'HINCRBY', text, 'x', 1 }, { 'HSET', text, 'x', 'x' },
  { 'INCRBY', text, 'x' }, { 'LPOP', none, 1 }, { 'LPUSH', text, 'x' }, { 'LREM', none, 1, 'x' }, { 'RPOP', none },
  { 'RPUSH', text, 'x' }, { 'SADD', text, 'x' }, { 'SET', none, 'x', 'XX' }, { 'SPOP', none }, { 'SREM', none, 'x' }, { 'UNLINK', none },
  { 'ZADD', text, 0, 'x' }, { 'ZREM', none, 'x' }, { 'ZREMRANGEBYRANK', none, 0, 0 },
  { 'PUBLISH', O.channel('nobody'), '' },
}

local function isForbidden(reply)
  local text = type(reply) == 'table' and reply.err
  return text and (find(text, 'NOPERM', 1, true) or find(text, 'The user executing the script can', 1, true))
end

-- The commands that this user is not allowed to call. A user without any write access can do no harm, and may read.
local function forbidden()
  local lines, writes = {}, 0
  for _, commands in ipairs({ READS, WRITES }) do
    for _, command in ipairs(commands) do
      if isForbidden(redis.pcall(unpack(command))) then
        lines[#lines + 1] = 'may not ' .. command[1] .. (command[1] == 'PUBLISH' and ' on ' .. command[2] or '')
        if commands == WRITES then writes = writes + 1 end
      end
    end
  end
  return writes == #WRITES and #lines == writes and {} or lines
end

local wrong = {}
for name, expected in pairs(TYPES) do
  local found = call('TYPE', K[name]).ok
  if found ~= 'none' and found ~= expected then
    wrong[#wrong + 1] = K[name] .. ' is a ' .. found .. ', not a ' .. expected
  end
end
if #wrong > 0 then return { '-1', '0', '', 0, unpack(wrong) } end
-- Names with a suffix: checks whether this user may access such keys.
for _, key in ipairs({ O.lineKey('x'), O.laterKey('x'), O.grantsKey('x'), O.heldKey('x'), O.idleKey('x'), O.echoKey('x') }) do
  call('TYPE', key)
end

local layout, partitions, whole = unpack(part == 'other' and {} or call('HMGET', K.meta, 'layout', 'partitions', 'whole'))
-- Do not write into a namespace of another version.
if layout and layout ~= ARGV[7] then return { layout, partitions or '0', '', 0 } end
local here = call('GET', text)
local node = isCluster and call('CLUSTER', 'MYID') or ''
if here and #here > IDENTITY and isCluster and sub(here, IDENTITY + 1) ~= node then
  return redis.error_reply('OFFSTAGE_MOVED the partition has come to another node')
end
if not here and not mayMake then return { layout or '-1', partitions or '0', '', 0 } end
local identity = here and sub(here, 1, IDENTITY) or wanted
local isNew = not here
-- A copy of a cluster's data on a single server, or the other way round, is the same namespace.
if here ~= identity .. node then
  local done = redis.pcall('SET', text, identity .. node)
  if isForbidden(done) then return { '-1', '0', '', 0, 'may not SET' } end
  if done.err then return done end
end
wrong = forbidden()
if #wrong > 0 then
  if isNew then redis.pcall('DEL', text) end
  return { '-1', '0', '', 0, unpack(wrong) }
end
if part == 'other' then return { '-1', '0', identity, 0 } end
if not layout then
  layout, partitions, whole = ARGV[7], ARGV[8], ARGV[8] == '1' and '1'
  call('HSET', K.meta, 'layout', layout, 'partitions', partitions, 'made', string.format('%.0f', now))
  if whole then call('HSET', K.meta, 'whole', 1) end
end
if part == 'whole' then
  whole = '1'
  call('HSET', K.meta, 'whole', 1)
end
return { layout, partitions, identity, whole and 1 or 0 }
