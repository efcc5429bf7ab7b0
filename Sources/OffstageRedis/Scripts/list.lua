-- Returns one page of a listing.
-- KEYS[1]  the partition's base
-- ARGV[3]  the state's number, -1 for all; ARGV[4] queue, ARGV[5] type, ARGV[6] tag, each '' for all; ARGV[7], ARGV[8]
--          the rank to continue behind, keep-until and acceptance number, or ''; ARGV[9] the maximum number of records;
--          ARGV[10] the approximate maximum number of bytes
-- Returns: wall clock, lease clock, rows (each a row, see look.lua, and its rank as two words), then the rank to
--          continue behind as two words, or an empty list at the end.

local state, limit, room = tonumber(ARGV[3]), tonumber(ARGV[9]), tonumber(ARGV[10])
local rows, after = {}, {}
local stopAt

O.walk(state, ARGV[7], ARGV[8], function(job, keep, number, isLast)
  -- Only the next record shows that the one before was not the last.
  if stopAt then
    after = stopAt
    return false
  end
  if job and O.fits(job, ARGV[4], ARGV[5], ARGV[6]) then
    local row = O.row(job, false)
    row[5], row[6] = O.rank(keep, number)
    rows[#rows + 1] = row
    room = room - #row[2] - (row[3] and #row[3] or 0)
  end
  if #rows >= limit or room <= 0 or isLast then stopAt = { O.rank(keep, number) } end
  return true
end)
return { now, O.leaseNow(), rows, after }
