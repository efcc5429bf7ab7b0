// Tells the store of a death, on the foreman's own connection: the jobs are handed back without waiting for leases to
// run out, and what had started becomes suspect. While the store is away it is tried again, until the leases have run
// out anyway and workers have taken the jobs by themselves.
import CSystem
import OffstageCore

/// Reports deaths to a store.
struct DeathReporter: Sendable {
    let store: any Store
    let time: any TimeSource
    let log: any Log

    private static let pauses = (first: Int64(100_000), longest: Int64(5_000_000))

    /// Reports a death; answers how many jobs are suspects of it.
    func report(_ death: Death) async -> Int {
        let seenAt = offstage_monotonic_ns() / 1000
        let crashed = death.crashed(at: seenAt)
        let end = seenAt + 2 * store.traits.lease.microseconds
        var pause = Self.pauses.first
        while true {
            do {
                let answers = try await store.retire(death.worker, crashed: crashed)
                let accepted = answers.count { $0 == .accepted }
                log(
                    .info, "the jobs of a dead worker process are handed back",
                    ["worker": "\(death.worker)", "suspects": "\(accepted)"])
                return accepted
            } catch {
                guard offstage_monotonic_ns() / 1000 < end, (try? await time.sleep(for: .microseconds(pause))) != nil
                else {
                    log(
                        .warning, "a worker process's death could not be told; its leases run out: \(error)",
                        ["worker": "\(death.worker)"])
                    return 0
                }
                pause = min(Self.pauses.longest, pause * 2)
            }
        }
    }

    /// Looks once more after a while: a call that the dead process had sent may have reached a server after the
    /// report, and reserved jobs for it.
    func lookAgain(_ worker: WorkerID) async {
        guard (try? await time.sleep(for: .seconds(1))) != nil else { return }
        try? await store.retire(worker)
    }
}
