// The known workers, and the commands that wait for them.
import OffstageCore

/// A worker, as of its last heartbeat.
struct Crew {
    var status: WorkerStatus
    var seenAt: Timestamp
    var commands: Set<WorkerCommand> = []
}

extension MemoryModel {
    /// Records a worker as alive. Returns and clears the commands that wait for it.
    mutating func heartbeat(_ status: WorkerStatus) -> Set<WorkerCommand> {
        moveLeaseClock()
        let commands = workers[status.id]?.commands ?? []
        workers[status.id] = Crew(status: status, seenAt: now)
        return commands
    }

    /// Leaves a command for a live worker.
    mutating func command(_ command: WorkerCommand, to worker: WorkerID) -> Bool {
        guard let crew = workers[worker], isAlive(crew) else { return false }
        workers[worker]?.commands.insert(command)
        return true
    }

    /// Forgets a worker and takes back what it holds, beginning with the attempts that are reported to have crashed
    /// with it.
    mutating func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) -> [TokenAnswer] {
        moveLeaseClock()
        workers[worker] = nil
        turns[worker] = nil
        let answers = crashed.map { attempt -> TokenAnswer in
            guard let known = jobs[attempt.token.job] else { return .gone }
            guard var job = current(attempt.token), attempt.token.worker == worker else {
                // The report comes from a process that saw the worker die, so it is no sign of life.
                return known.settled == SettleMark(crashed: attempt.token)
                    ? .accepted : refuse(attempt.token, acquits: false)
            }
            job.settled = SettleMark(crashed: attempt.token)
            start(&job, at: now - .microseconds(attempt.startedAgoMicroseconds))
            save(job)
            let turn = decide { try job.crash(attempt.autopsy, suspectFrom: 1, options, at: now) }
            save(job, after: turn)
            return .accepted
        }
        for job in leases(of: worker) { takeBack(job, isInterruption: true) }
        return answers
    }

    /// Returns the live workers, the longest running first.
    func liveWorkers() -> [WorkerRecord] {
        workers.values.filter(isAlive)
            .sorted { ($0.status.startedAt, $0.status.id.bits) < ($1.status.startedAt, $1.status.id.bits) }
            .map { crew in
                let leases = leases(of: crew.status.id)
                let running = leases.filter { $0.lease?.startedAt != nil }.prefix(Limits.batch).map(\.record.id)
                return WorkerRecord(
                    status: crew.status, seenAt: crew.seenAt, running: Array(running), held: leases.count,
                    suspect: suspect(of: crew.status.id))
            }
    }

    /// Pauses or resumes a queue. Returns whether that changed anything.
    mutating func setPaused(_ pause: Bool, queue: String) -> Bool {
        guard paused.contains(queue) != pause else { return false }
        if pause { paused.insert(queue) } else { paused.remove(queue) }
        guard !pause else { return true }
        for (lane, line) in lines where lane.queue == queue {
            let due = line.due(in: lane, at: now).prefix(Limits.batch)
            reservable.append(contentsOf: due.map { _ in lane })
        }
        return true
    }

    private func isAlive(_ crew: Crew) -> Bool {
        now - crew.seenAt <= .microseconds(3 * leaseTime)
    }
}
