// Logs that programs cannot be started. It logs this once and again at most once a minute, because it may affect
// hundreds of jobs a second.
import OffstageCore
import Synchronization

/// Logs that the machine refuses to start programs.
final class StartRefusals: Sendable {
    private static let silence: Int64 = 60_000_000

    private let log: any Log
    private let silentUntil = Mutex(Int64.min)

    init(_ options: WorkerOptions) {
        log = options.log
    }

    func report(_ reason: String, others: Int, at now: Int64) {
        let isNews = silentUntil.withLock { until in
            guard now >= until else { return false }
            until = now + Self.silence
            return true
        }
        guard isNews else { return }
        log(
            .warning,
            "jobs could not be started and are handed back untried; fewer are reserved until there is room: \(reason)",
            ["running": "\(others)"])
    }
}
