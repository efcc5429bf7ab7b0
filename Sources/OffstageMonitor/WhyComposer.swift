// Composes the answer to "why?" from what the store reports about one job and from the live workers. It is a pure
// function, so every reason has a test. The first match in this order wins:
// 1. ended: the job has ended, and nothing keeps it.
// 2. leased: a worker holds it until its lease runs out.
// 3. behind, if its expiry has passed: the next call that meets it discards it.
// 4. predecessor: it is held until that job has ended.
// 5. paused: the queue gives out no jobs, even due ones.
// 6. retry_at, not_due: its time is in the future.
// 7. no_worker: no live worker handles the type, serves the queue and reserves.
// 8. behind: a suspect of a crash waits for its turn and for an empty worker. For any other job, the answer counts the
//    due jobs of the queue that come first; if there are none, the job is next in line. Workers that are taken by a
//    suspect are named.
import OffstageCore

/// What keeps one job from starting, as of one moment.
struct WhyComposer {
    let standing: JobStanding
    let workers: [WorkerRecord]
    private var job: JobRecord { standing.record }

    /// A worker learns of a cancel with its next heartbeat, every 5 s; after two of them a handler has had time to
    /// stop.
    private static let cancelGrace = Duration.seconds(10)

    init(standing: JobStanding, workers: [WorkerRecord]) {
        self.standing = standing
        self.workers = workers
    }

    /// Composes the answer.
    func why() -> Why {
        if job.state.isEnded { return answer(.ended, ended) }
        if job.state == .running { return leased }
        if let expiry = job.expiresAt, expiry <= standing.at {
            return answer(.behind, "its expiry passed at \(expiry): whoever meets it next discards it")
        }
        if job.state == .held { return held }
        if standing.isPaused { return paused }
        if !job.isDue(at: standing.at) { return notDue }
        let able = workers.filter {
            $0.status.types.contains(job.type) && $0.status.serves(job.queue) && !$0.status.isQuiet
        }
        return able.isEmpty ? noWorker : behind(able)
    }

    private func answer(_ reason: Why.Reason, _ text: String, until: Timestamp? = nil, by: [String] = []) -> Why {
        Why(id: job.id, state: job.state, reason: reason, text: text, until: until, by: by)
    }

    private func at(_ moment: Timestamp) -> String {
        moment > standing.at ? "\(moment) (in \((moment - standing.at).brief))" : "\(moment)"
    }

    private var ended: String {
        let when = job.finishedAt.map { " at \($0)" } ?? ""
        return switch job.state {
        case .completed: "it completed\(when)"
        case .cancelled: "it was cancelled\(when)"
        default: "it was discarded\(when), attempt \(job.attempt) of \(job.maxAttempts)\(lastError)"
        }
    }

    private var lastError: String { job.errors.last.map { ": " + $0.message.oneLine } ?? "" }

    private var leased: Why {
        let place = workers.first { $0.status.id == job.worker }.map { " (\($0.status.place))" } ?? ""
        var text = "worker \(job.worker?.description ?? "unknown")\(place) "
        text += job.isStarted ? "runs attempt \(job.attempt)" : "has reserved it and not started it"
        if let until = job.leaseUntil {
            text +=
                until > standing.at
                ? ", leased until \(at(until))" : "; its lease ran out at \(until), whoever reserves next takes it back"
        }
        if let asked = job.cancelRequestedAt {
            text += "; asked to cancel at \(asked)"
            if standing.at - asked > Self.cancelGrace { text += ", not stopping" }
        }
        return answer(.leased, text, until: job.leaseUntil, by: job.worker.map { [$0.description] } ?? [])
    }

    private var held: Why {
        guard let predecessor = standing.predecessor else {
            return answer(.predecessor, "the job with the same unique key has ended, and it is being freed")
        }
        return answer(
            .predecessor, "held until job \(predecessor), which has the same unique key, has ended",
            by: [predecessor.description])
    }

    private var paused: Why {
        var text = "queue \(job.queue) is paused"
        let isEarly = !job.isDue(at: standing.at)
        if isEarly { text += "; besides, it is not due before \(at(job.runAt))" }
        return answer(.paused, text, until: isEarly ? job.runAt : nil)
    }

    private var notDue: Why {
        let isRetry = job.state == .retryable
        var text =
            isRetry
            ? "attempt \(job.attempt) of \(job.maxAttempts) failed, the next one is due at \(at(job.runAt))\(lastError)"
            : "it is not due before \(at(job.runAt))"
        if let expiry = job.expiresAt, expiry <= job.runAt { text += "; it expires before that, at \(expiry)" }
        return answer(isRetry ? .retryAt : .notDue, text, until: job.runAt)
    }

    private var noWorker: Why {
        if workers.isEmpty { return answer(.noWorker, "no worker is alive") }
        let knowing = workers.filter { $0.status.types.contains(job.type) }
        if knowing.isEmpty {
            let subject = workers.count == 1 ? "the only live worker does not handle" : "no live worker handles"
            return answer(.noWorker, "\(subject) type \(job.type)")
        }
        let serving = knowing.filter { $0.status.serves(job.queue) }
        let by = (serving.isEmpty ? knowing : serving).map(\.status.id.description)
        let text =
            serving.isEmpty
            ? "no worker that handles type \(job.type) serves queue \(job.queue)"
            : "all workers that handle type \(job.type) and serve queue \(job.queue) are quiet"
        return answer(.noWorker, text, by: by)
    }

    private func behind(_ able: [WorkerRecord]) -> Why {
        if job.isSuspect { return suspectWaits(able) }
        let taken = able.filter { $0.suspect != nil }
        guard standing.ahead == 0 else {
            let most = standing.ahead >= Limits.rankCap ? "at least \(Limits.rankCap.grouped)" : "\(standing.ahead)"
            let text = "behind \(most) due \(standing.ahead == 1 ? "job" : "jobs") of queue \(job.queue)"
            return answer(.behind, text + Self.suspects(taken), by: Self.names(taken))
        }
        guard able.allSatisfy({ $0.suspect != nil || $0.held >= $0.status.concurrency }) else {
            return answer(.behind, "next in line" + Self.suspects(taken), by: Self.names(taken))
        }
        let all = able.count == 1 ? "the one worker for it is" : "all \(able.count) workers for it are"
        return answer(.behind, "next in line; \(all) busy" + Self.suspects(taken), by: Self.names(able))
    }

    /// A suspect is in no queue line: it comes before all other jobs, to a worker that holds nothing and has the turn.
    private func suspectWaits(_ able: [WorkerRecord]) -> Why {
        let deaths = "for \(job.crashes == 1 ? "1 worker" : "\(job.crashes) workers") died running it"
        let taken = able.filter { $0.suspect != nil }
        if !taken.isEmpty {
            let rest = able.count == 1 ? "then ordinary jobs get as long" : "meanwhile the others serve ordinary jobs"
            return answer(
                .behind, "it waits for its turn to run alone, \(deaths)\(Self.suspects(taken)); \(rest)",
                by: Self.names(taken))
        }
        let busy = able.filter { $0.held > 0 }
        var text = "it waits for a worker that runs nothing else, \(deaths)"
        if busy.count < able.count {
            text += "; one that has run a suspect first serves ordinary jobs for as long"
        }
        return answer(.behind, text, by: Self.names(busy))
    }

    /// Names the suspects that workers are taken by, up to three of them.
    private static func suspects(_ taken: [WorkerRecord]) -> String {
        var text = ""
        for worker in taken.prefix(3) {
            guard let suspect = worker.suspect else { continue }
            text += "; worker \(worker.status.id) (\(worker.status.place)) runs suspect \(suspect) and nothing else"
        }
        return taken.count > 3 ? text + "; so do \(taken.count - 3) more" : text
    }

    private static func names(_ workers: [WorkerRecord]) -> [String] { workers.map(\.status.id.description) }
}
