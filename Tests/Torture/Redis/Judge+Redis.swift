// What the judge checks in a Redis without the store: the keys agree with the counts.
import OffstageCore
import RedisServers
import TestProcesses
import Testing

extension Judge {
    /// Checks that the keys of a namespace's partition on a server agree with the counts.
    func keysAreTrue(_ probe: RedisProbe, namespace: String) async throws {
        let counts = try await store.counts()
        let base = "{\(namespace).0}"
        #expect(try await probe.command("HLEN", base + "jobs").number == records.count)
        var leases = 0
        for key in try await probe.command("KEYS", "{\(namespace).0}held:*").array {
            leases += try await probe.command("HLEN", key.text).number ?? 0
        }
        #expect(leases == counts.total(.running))
    }
}
