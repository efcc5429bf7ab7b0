// One snapshot of the store for `top`: a few bounded queries, whatever the store's size.
import OffstageCore

/// What `top` knows at one moment.
struct TopSnapshot: Sendable {
    /// The minutes of history that it shows.
    static let minutes = 60
    private static let jobsShown = 200

    /// The counts.
    var counts: StoreCounts
    /// The minutes of the last hour.
    var history: [HistoryRow]
    /// The live workers.
    var workers: [WorkerRecord]
    /// The running jobs.
    var running: [JobRecord]
    /// Jobs that failed for good, latest first.
    var discarded: [JobRecord]

    /// Queries the store.
    static func take(from store: any Store) async throws -> TopSnapshot {
        let counts = try await store.counts()
        let running = try await store.list(JobFilter(state: .running), after: nil, limit: jobsShown).records
        return TopSnapshot(
            counts: counts, history: try await store.history(since: counts.at - .seconds(minutes * 60)),
            workers: try await store.workers(),
            running: running.filter(\.isStarted) + running.filter { !$0.isStarted },
            discarded: try await store.list(JobFilter(state: .discarded), after: nil, limit: jobsShown).records)
    }

    /// Completed attempts in each of the last minutes, oldest first. The last minute is still in progress.
    var completedByMinute: [Int] {
        let minute: Int64 = 60_000_000
        let now = counts.at.microseconds / minute
        var bars = [Int](repeating: 0, count: Self.minutes)
        for row in history {
            let age = Int(now - row.minute.microseconds / minute)
            if bars.indices.contains(age) { bars[Self.minutes - 1 - age] += row.completed }
        }
        return bars
    }

    /// Returns the attempts that completed and failed per second since an earlier snapshot.
    func rates(since earlier: TopSnapshot) -> (completed: Double, failed: Double) {
        let seconds = Double((counts.at - earlier.counts.at).microseconds) / 1_000_000
        guard seconds > 0 else { return (0, 0) }
        let oldest = history.first?.minute ?? counts.at
        let before = earlier.history.filter { $0.minute >= oldest }
        func sum(_ rows: [HistoryRow], _ value: (HistoryRow) -> Int) -> Int { rows.reduce(0) { $0 + value($1) } }
        let completed = sum(history) { $0.completed } - sum(before) { $0.completed }
        let failed = sum(history) { $0.failed + $0.discarded } - sum(before) { $0.failed + $0.discarded }
        return (max(0, Double(completed) / seconds), max(0, Double(failed) / seconds))
    }
}
