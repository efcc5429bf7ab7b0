// The complete torture test: several worker processes on one file, short leases, and twenty thousand jobs of all kinds.
// The enqueuing processes are killed too, and one worker after another is killed or frozen past its lease. At the end
// every job is accounted for.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(15)), .serialized) struct FleetTests {
    /// With and without prefetching. Without it, every grant of a job can be distinguished, so the check is exact.
    @Test(arguments: [0, 1000])
    func everyJobIsAccountedFor(prefetch: Int) async throws {
        let isLong = Crew.isLong("workers killed and frozen, prefetch \(prefetch)")
        let plan = Plan(
            jobs: isLong ? 100_000 : prefetch == 0 ? 20_000 : 10_000, rounds: isLong ? 60 : 10, workers: isLong ? 5 : 3,
            lease: .seconds(2), prefetch: prefetch)
        let seed = UInt64.random(in: 0...UInt64.max)
        let crew = try Crew()
        defer { crew.end() }
        try await Ordeal(plan, crew: crew, seed: seed).run { try await $0.tablesAreTrue(crew.store) }
    }
}

/// The size of the ordeal.
struct Plan {
    var jobs: Int
    var rounds: Int
    var workers: Int
    var lease: Duration
    var prefetch: Int
}
