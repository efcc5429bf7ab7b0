// Reports a death to the store on the foreman's own connection. The jobs are handed back without waiting for leases to
// expire, and the started ones become suspects. While the store is unavailable the report is retried, until the leases
// have expired anyway and workers have taken the jobs by themselves. The death handlers of jobs that this crash has
// discarded are called here, because the process that ran the job can no longer do it.
import CSystem
import OffstageCore
import OffstageSystem

/// Reports deaths to a store.
struct DeathReporter: Sendable {
    let store: any ForemanStore
    let time: any TimeSource
    let log: any Log
    /// Called for each job that a crash has discarded.
    var hooks: [@Sendable (ReservedJob, Failure) async -> Void] = []
    /// How long the hooks are waited for; they continue after that.
    var patience = Duration.seconds(5)

    /// Called when the store can no longer be used.
    var onLost: @Sendable (any Error) -> Void = { _ in }

    private static let pauses = (first: Int64(100_000), longest: Int64(5_000_000))
    /// How many whole records are read together: each may have a megabyte of arguments.
    private static let portion = 32

    /// Reports a death. Returns how many jobs became suspects through it; 0 if the report failed.
    func report(_ death: Death) async -> Int {
        let seenAt = offstage_monotonic_ns() / 1000
        let crashed = death.crashed(at: seenAt)
        let end = seenAt + 2 * store.traits.lease.microseconds
        let answers: [TokenAnswer]
        let discarded: [(ReservedJob, Failure)]
        do {
            answers = try await insist(until: end) { try await store.retire(death.worker, crashed: crashed) }
        } catch StoreError.lost(let text) {
            onLost(StoreError.lost(text))
            return 0
        } catch {
            log(
                .warning, "a worker process's death could not be told; its leases run out: \(error)",
                ["worker": "\(death.worker)"])
            return 0
        }
        do {
            discarded = try await insist(until: end) { try await self.discarded(by: crashed) }
        } catch {
            log(
                .warning, "whether a crash has discarded jobs could not be seen; nobody is told of them: \(error)",
                ["worker": "\(death.worker)"])
            discarded = []
        }
        let suspects = max(0, answers.count { $0 == .accepted } - discarded.count)
        log(
            .info, "the jobs of an ended worker process are handed back",
            ["worker": "\(death.worker)", "suspects": "\(suspects)", "discarded": "\(discarded.count)"])
        await tellHooks(of: discarded)
        return suspects
    }

    /// Retires the worker once more after a second, because a call that the dead process had sent may have reached a
    /// server after the report and reserved jobs for it.
    func lookAgain(_ worker: WorkerID) async {
        guard (try? await time.sleep(for: .seconds(1))) != nil else { return }
        try? await store.retire(worker)
    }

    /// Retries until the call succeeds, at most until a moment of the monotonic clock, in microseconds.
    private func insist<Answer>(until end: Int64, _ call: () async throws -> Answer) async throws -> Answer {
        var backoff = Backoff(first: Self.pauses.first, most: Self.pauses.longest)
        while true {
            do {
                return try await call()
            } catch StoreError.lost(let text) {
                throw StoreError.lost(text)
            } catch {
                let pause = backoff.failed(1)
                guard offstage_monotonic_ns() / 1000 < end, (try? await time.sleep(for: .microseconds(pause))) != nil
                else { throw error }
            }
        }
    }

    /// The jobs that these crashes have discarded. The records show this; the store's replies do not distinguish a job
    /// that has become a suspect from one that is discarded.
    private func discarded(by crashed: [CrashedAttempt]) async throws -> [(ReservedJob, Failure)] {
        var found: [(ReservedJob, Failure)] = []
        for start in stride(from: 0, to: crashed.count, by: Self.portion) {
            let portion = crashed[start..<min(crashed.count, start + Self.portion)]
            let records = try await store.find(portion.map(\.token.job))
            for case (let attempt, let record?) in zip(portion, records) where record.wasDiscarded(by: attempt) {
                found.append((ReservedJob(record, token: attempt.token), attempt.autopsy))
            }
        }
        return found
    }

    /// Calls the hooks for each job in turn, and waits for them up to `patience`.
    private func tellHooks(of discarded: [(ReservedJob, Failure)]) async {
        guard !discarded.isEmpty, !hooks.isEmpty else { return }
        let (end, signal) = AsyncStream<Void>.makeStream()
        Task {
            for (job, failure) in discarded {
                for hook in hooks { await hook(job, failure) }
            }
            signal.finish()
        }
        let limit = Task {
            try? await time.sleep(for: patience)
            signal.finish()
        }
        for await _ in end {}
        limit.cancel()
    }
}

extension JobRecord {
    fileprivate func wasDiscarded(by attempt: CrashedAttempt) -> Bool {
        guard state == .discarded, let last = errors.last else { return false }
        return last.kind == .crash && last.attempt == attempt.token.attempt && last.message == attempt.autopsy.message
    }
}
