-- Records starts, progress and checkpoints of running attempts.
-- KEYS[1]  the partition's base
-- ARGV[3]  the worker, 8 bytes; then for each note: id | proof: counter u64, attempt u32 | kind u8 and value: 0
--          started, i64 microseconds ago; 1 progress, 2 checkpoint, bytes
-- Returns the answers, one letter each: A accepted, S stale, G gone.

local worker = ARGV[3]
local answers = {}

O.beginWriting()
O.moveLeaseClock()
for i = 4, #ARGV, 3 do
  local id, proof, note = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local job = O.load(id)
  local answer = 'A'
  if not job then
    answer = 'G'
  elseif not job.lease or sub(job.lease, 1, 8) ~= worker or sub(job.lease, 17, 28) ~= proof then
    -- A note that was in flight when its attempt was settled is late, not stale.
    if job.mark ~= worker .. proof or job.kind == END_CRASHED then O.refuse(job, O.hex(worker)) end
    answer = 'S'
  else
    local kind = byte(note, 1)
    if kind == 0 then
      if job.startedAt == 0 then
        local at = now - unpackAt('>i8', note, 2)
        O.changeLease(id, job.lease, pack('>i8', at))
        O.started(job, at)
      end
    else
      if kind == 1 then job.progress = sub(note, 2) else job.checkpoint = sub(note, 2) end
      O.saveRunning(job)
    end
  end
  answers[#answers + 1] = answer
end
return O.finish(table.concat(answers))
