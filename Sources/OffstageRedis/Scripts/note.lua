-- Records starts, progress and checkpoints of running attempts.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker, 8 bytes; then for each note: counter 8 | proof 30 (see work.lua) | kind u8 and value: 0 started,
--          i64 microseconds ago; 1 progress, 2 checkpoint, bytes
-- Returns the answers, a letter each: A accepted, S stale, G gone.

local worker = ARGV[3]
local key = O.heldKey(O.hex(worker))
local answers = {}

O.beginWriting()
for i = 4, #ARGV, 3 do
  local counter, proof, note = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local lease = call('HGET', key, counter)
  if not lease or sub(lease, 17, 46) ~= proof then
    if call('HEXISTS', K.jobs, sub(proof, 15)) == 1 then
      O.refuse(1)
      answers[#answers + 1] = 'S'
    else
      answers[#answers + 1] = 'G'
    end
  else
    local job, kind = O.leased(lease), byte(note, 1)
    if kind == 0 then
      if job.startedAt == 0 then
        local at = now - unpackAt('>i8', note, 2)
        call('HSET', key, counter, O.changedLease(lease, nil, at))
        O.started(job, at)
      end
    else
      if kind == 1 then job.progress = sub(note, 2) else job.checkpoint = sub(note, 2) end
      O.saveRunning(job, lease, counter, key)
    end
    answers[#answers + 1] = 'A'
  end
end
return O.finish(table.concat(answers))
