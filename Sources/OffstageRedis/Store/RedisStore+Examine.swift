// What `doctor` reports about the server, the connection to it, and the keys.
public import OffstageCore

extension RedisStore {
    /// Checks the server and its settings, that the namespace is still the one that was opened, and the user's rights.
    public func examine() async throws -> [Finding] {
        // Any script checks whether this is still the namespace.
        _ = try await caller.runOnAll(caller.scripts.find, partitions, role: .look, read: { _ in })
        let namespace = Namespace(name: url.namespaceName, caller: caller, location: "\(url)")
        try await namespace.check(partitions.all, caller.identity, mayMake: false)
        var findings: [Finding] = []
        var seen: Set<Int> = []
        for partition in partitions.all where seen.insert(partition.slot).inserted {
            let settings = try await ServerSettings.read(
                caller.client, slot: partition.slot, patience: options.patience)
            let own = settings.findings
            // In a cluster several partitions may be on one server, which should be reported once.
            findings += own.filter { !findings.contains($0) }
        }
        findings.append(try await latency())
        findings.append(try await clock())
        if url.wait > 0 { findings.append(Finding(.info, "an enqueue waits for \(url.wait) replicas")) }
        if partitions.count > 1 {
            findings.append(
                Finding(
                    .info,
                    "\(partitions.count) partitions: order, strict priority, pause and counts are exact within "
                        + "each, and approximate across them"))
        }
        findings.append(
            Finding(.info, "listings by any state, queue, type and tag are there; a page looks at 10,000 records"))
        return findings
    }

    private func latency() async throws -> Finding {
        var times: [Int64] = []
        let clock = SystemTime()
        for _ in 0..<20 {
            let start = clock.monotonicMicroseconds()
            _ = try await caller.client.call(
                RedisCommand("PING"), slot: partitions.first.slot, role: .look, patience: options.patience
            ) { $0.text }
            times.append(clock.monotonicMicroseconds() - start)
        }
        times.sort()
        let median = times[times.count / 2]
        return Finding(
            median > 5000 ? .warning : .info,
            "a round trip takes \(Self.milliseconds(median)) ms (median of \(times.count), longest "
                + "\(Self.milliseconds(times[times.count - 1])) ms)")
    }

    private func clock() async throws -> Finding {
        let before = SystemTime().now()
        let there = try await now()
        let after = SystemTime().now()
        let middle = Timestamp(microseconds: (before.microseconds + after.microseconds) / 2)
        let apart = abs((there - middle).microseconds)
        return Finding(
            apart > 1_000_000 ? .warning : .info,
            "the server's clock, which decides what is due, is \(Self.milliseconds(apart)) ms from this machine's")
    }

    private static func milliseconds(_ microseconds: Int64) -> String {
        "\(microseconds / 1000).\(microseconds % 1000 / 100)"
    }
}
