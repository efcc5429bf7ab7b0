// Replicas that have lost their master, by a wrong password for the master and a cut connection. On one machine a
// replica receives everything within a millisecond, so a killed master would mostly lose nothing. This simulates the
// lag of a slow network, and what it holds back is certainly lost.
import OffstageTesting
import RedisServers

extension RedisServer {
    /// Disconnects from its master and cannot reconnect.
    func losesMaster() async throws {
        try await probe.command("CONFIG", "SET", "masterauth", "nobody-knows-it")
        try await probe.command("CLIENT", "KILL", "TYPE", "master")
        let isLost = await TestSignal.holds(within: .seconds(5)) {
            (try? await probe.info("replication"))?["master_link_status"] == "down"
        }
        guard isLost else { throw StillFollows(port: port) }
    }

    /// Allows it to follow a master again.
    func mayFollow() async throws { try await probe.command("CONFIG", "SET", "masterauth", "") }

    struct StillFollows: Error { let port: Int }
}
