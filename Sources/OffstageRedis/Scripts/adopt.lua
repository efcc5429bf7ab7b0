-- Records that a partition lives on the node that runs this script. The client has checked before that all keys are
-- there.
-- KEYS[1]  the partition's base; KEYS[2] its identity
-- Returns: adopted, gone or other.

local found = call('GET', KEYS[2])
if not found then return 'gone' end
if sub(found, 1, IDENTITY) ~= sub(ARGV[1], 1, IDENTITY) then return 'other' end
call('SET', KEYS[2], sub(found, 1, IDENTITY) .. call('CLUSTER', 'MYID'))
return 'adopted'
