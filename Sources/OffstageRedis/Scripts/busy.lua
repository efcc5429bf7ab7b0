-- Returns the workers that hold a crash suspect in this partition.
-- KEYS[1]  the partition's base
-- Returns: their names in hexadecimal.

local found = {}
for worker in pairs(O.suspectHolders()) do found[#found + 1] = worker end
return found
