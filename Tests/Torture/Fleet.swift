// Worker processes on one store and their failures: one after another is killed, or frozen and woken long after its
// leases have expired, and replaced by another.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses

/// The workers of a test.
final class Fleet {
    let crew: Crew
    private let settings: [String: String]
    private let lease: Duration
    private let roads: [String]
    private var workers: [Child] = []
    private var frozen: [(child: Child, waking: Task<Void, Never>)] = []
    private let clock = SystemTime()
    private(set) var started = 0
    private(set) var killed = 0
    private(set) var woken = 0

    /// Starts workers. `roads` are addresses of the same store, which the workers use in turn.
    init(_ crew: Crew, workers count: Int, lease: Duration, prefetch: Int, roads: [String]) throws {
        self.crew = crew
        self.lease = lease
        self.roads = roads
        settings = [
            "lease": "\(lease.microseconds / 1000)", "patience": "60000", "prefetch": "\(prefetch)", "scale": "10",
            "log": crew.folder.file("runs.log"), "slow": "\(lease.microseconds / 2000)", "concurrency": "16",
        ]
        for _ in 0..<count { try add() }
    }

    private func add() throws {
        var settings = settings
        settings["store"] = roads[started % roads.count]
        started += 1
        workers.append(try crew.start("work", settings))
    }

    /// Kills a worker that is not frozen, and starts another.
    func killOne(_ random: inout SeededRandom) throws {
        guard !workers.isEmpty else { return }
        workers.remove(at: Int(random.next() % UInt64(workers.count))).end()
        killed += 1
        try add()
    }

    /// Freezes a worker for longer than a lease, and starts another in the meantime. Only a timer wakes it again: it
    /// may have been frozen inside a commit, and then all other processes wait for it.
    func freezeOne(_ random: inout SeededRandom) throws {
        guard !workers.isEmpty else { return }
        let child = workers.remove(at: Int(random.next() % UInt64(workers.count)))
        child.signal(SIGSTOP)
        let waking = Task { [clock, lease] in
            try? await clock.sleep(for: lease * 3 / 2)
            child.signal(SIGCONT)
        }
        frozen.append((child, waking))
        try add()
    }

    /// Waits until all frozen workers have been woken and are workers again.
    func allAreAwake() async {
        for entry in frozen {
            await entry.waking.value
            workers.append(entry.child)
            woken += 1
        }
        frozen = []
    }

    /// Stops all workers; each must end with status 0.
    func stop() async throws {
        await allAreAwake()
        for child in workers { child.signal(SIGTERM) }
        for child in workers {
            let status = try await child.ends()
            guard status == 0 else {
                let words = (child.lines.suffix(2) + child.log.suffix(5)).joined(separator: " | ")
                throw Gone(child.pid, status, words)
            }
        }
    }

    struct Gone: Error, CustomStringConvertible {
        let description: String
        init(_ pid: Int32, _ status: Int, _ log: String) { description = "worker \(pid) ended with \(status): \(log)" }
    }
}
