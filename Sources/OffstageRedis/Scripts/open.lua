-- Makes a namespace, or says what it is.
-- KEYS[1]  the base of partition 0; of another one if nothing but the types of its keys is to be looked at
-- ARGV[3]  the layout that this program knows; ARGV[4] how many partitions a new namespace gets, 0 to only look
-- Returns: layout, partitions, 1 if it was made by this call, then a line for each key that is not what it should be.

local TYPES = {
  jobs = 'hash', states = 'hash', leases = 'hash', deadlines = 'zset', endings = 'hash', sequence = 'string', open = 'hash', ghosts = 'hash', due = 'zset',
  expiring = 'zset', completed = 'zset', discarded = 'zset', cancelled = 'zset', unique = 'hash', windows = 'zset',
  tombs = 'hash', graves = 'zset', blocks = 'hash', alive = 'hash', order = 'zset', counts = 'hash', history = 'hash',
  minutes = 'zset', paused = 'set', workers = 'hash', commands = 'hash', news = 'hash', newsorder = 'zset',
  newsnames = 'zset', newsfresh = 'zset', newstaken = 'zset', newswaiting = 'hash', newsdropped = 'hash',
  types = 'hash', migrating = 'hash', numbers = 'hash', selections = 'hash', requests = 'hash', requesttimes = 'zset', meta = 'hash',
}
local wrong = {}
for name, expected in pairs(TYPES) do
  local found = call('TYPE', K[name]).ok
  if found ~= 'none' and found ~= expected then
    wrong[#wrong + 1] = K[name] .. ' is a ' .. found .. ', not a ' .. expected
  end
end
if #wrong > 0 or ARGV[4] == '0' then return { '0', '0', 0, unpack(wrong) } end
local layout, partitions = call('HGET', K.meta, 'layout'), call('HGET', K.meta, 'partitions')
if layout then return { layout, partitions, 0 } end
call('HSET', K.meta, 'layout', ARGV[3], 'partitions', ARGV[4], 'made', string.format('%.0f', now))
return { ARGV[3], ARGV[4], 1 }
