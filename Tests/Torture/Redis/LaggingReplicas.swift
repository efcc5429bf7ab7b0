// Replicas that have lost their master: a password that the master does not know, and the connection cut. On one
// machine a replica has everything within a millisecond, so a killed master would mostly lose nothing; this is the lag
// of a slow network, and what it holds back is lost for certain.
import OffstageTesting
import RedisServers

extension RedisServer {
    /// Leaves its master and does not come back.
    func losesMaster() async throws {
        try await probe.command("CONFIG", "SET", "masterauth", "nobody-knows-it")
        try await probe.command("CLIENT", "KILL", "TYPE", "master")
        let isLost = await TestSignal.holds(within: .seconds(5)) {
            (try? await probe.info("replication"))?["master_link_status"] == "down"
        }
        guard isLost else { throw StillFollows(port: port) }
    }

    /// May follow a master again.
    func mayFollow() async throws { try await probe.command("CONFIG", "SET", "masterauth", "") }

    struct StillFollows: Error { let port: Int }
}
