-- Records how attempts ended, then reserves the next jobs.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker of the settlements, 8 bytes; ARGV[4] how many settlements follow; ARGV[5] 1 if no job is settled
--          twice among them; then each settlement as three words: id | proof: counter u64, attempt u32 | end: kind u8,
--          flags u8, run time i64 (-1: it never started), then by kind
--            0 completed    (flags: 1 cut, 2 result, 4 follow-ups) result: u32 and bytes, follow-ups: u16, each id 16,
--                           u32 and record from byte 25 on
--            1 retry        when: u8 (0 now, 1 after, 2 at) and i64, failure: kind u8, u16 and message
--            2 discarded    failure
--            3 cancelled, 5 handed back    u8 and, if it is 1, failure
--            4 snoozed      when
--          then, if jobs are wanted, eight words (see reserve.lua); at most 1,000 settlements and 1,000 jobs
-- Returns: wall clock, answers (A accepted, S stale, G gone, one letter each; then the follow-ups that could not be
--          stored, see settle.lua), then, if jobs were wanted: microseconds to the next due job (-1: none), 1 or 2 if a
--          suspect waits, ids, records, statuses (an empty list if no job has one).

local settlements = tonumber(ARGV[4])

O.beginWriting()
O.moveLeaseClock()
local answers = settlements > 0 and O.settle(ARGV[3], ARGV, 6, settlements, ARGV[5] == '1') or ''
local at = 6 + 3 * settlements
if at > #ARGV then return O.finish({ now, answers }) end
return O.finish({ now, answers, O.reserve(ARGV, at) })
