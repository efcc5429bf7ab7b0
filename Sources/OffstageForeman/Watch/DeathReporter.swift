// Tells the store of a death, on the foreman's own connection: the jobs are handed back without waiting for leases to
// run out, and what had started becomes suspect. While the store is away it is tried again, until the leases have run
// out anyway and workers have taken the jobs by themselves. Whom this crash has discarded, the death handlers hear of
// here: the process that ran the job can tell nobody any more.
import CSystem
import OffstageCore
import OffstageSystem

/// Reports deaths to a store.
struct DeathReporter: Sendable {
    let store: any ForemanStore
    let time: any TimeSource
    let log: any Log
    /// Who hears of the jobs that crashes have discarded.
    var hooks: [@Sendable (ReservedJob, Failure) async -> Void] = []
    /// How long the hooks are waited for; they go on after that.
    var patience = Duration.seconds(5)

    /// Called when the store is of no use any more.
    var onLost: @Sendable (any Error) -> Void = { _ in }

    private static let pauses = (first: Int64(100_000), longest: Int64(5_000_000))
    /// How many whole records are looked at together: each may have a megabyte of arguments.
    private static let portion = 32

    /// Reports a death; answers how many jobs are suspects of it.
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

    /// Looks once more after a while: a call that the dead process had sent may have reached a server after the
    /// report, and reserved jobs for it.
    func lookAgain(_ worker: WorkerID) async {
        guard (try? await time.sleep(for: .seconds(1))) != nil else { return }
        try? await store.retire(worker)
    }

    /// Tries until it succeeds, at most until a moment of the monotonic clock.
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

    /// The jobs that these crashes have discarded. The records say it and not the answers, which do not tell a job that
    /// is a suspect now from one that is discarded.
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

    /// Calls the hooks for each job in turn, and waits for them for a while.
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
