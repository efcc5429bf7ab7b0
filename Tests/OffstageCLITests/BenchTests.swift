// `offstage bench` on a real Redis, with small numbers: its output is complete, it leaves none of its keys on the
// server, and it leaves all other keys as they were.
import Foundation
import OffstageCore
import RedisServers
import Testing

@Suite(.timeLimit(.minutes(3))) struct BenchTests {
    private static let secret = "geheim-7"

    @Test func redisIsMeasuredBesideSQLiteAndLeavesTheServerAsItWas() async throws {
        let scratch = Scratch()
        var settings = RedisSettings()
        settings.password = Self.secret
        let server = try await RedisServer.start(settings)
        // Keys of another program that look as much like the benchmark's as possible.
        try await server.probe.command("SET", "{bench-1-a-drain-1.0}jobs", "mine")
        try await server.probe.command("SET", "bench", "mine")
        let before = try await Self.keys(of: server)
        let result = try await Program.run(
            "bench", "--jobs", "400", "--backlog", "1000", "--json", "--store", scratch.store, "--store", server.url,
            in: scratch)
        #expect(result.status == 0, "\(result.messages)")
        #expect(try await Self.keys(of: server) == before)
        #expect(!(result.output + result.messages).contains(Self.secret))
        let documents = try result.lines.map { try JSON.parse(Array($0.utf8)) }
        try #require(documents.count == 2)
        for document in documents { Self.expectRates(of: document) }
        #expect(documents[0]["store"]?.stringValue?.hasPrefix("sqlite:/") == true)
        #expect(documents[0]["store_cpu_us_per_job"]?.doubleValue == nil)
        #expect(documents[1]["store"]?.stringValue == "redis://:***@127.0.0.1:\(server.port)")
        #expect(documents[1]["settings"]?.stringValue?.hasPrefix("redis ") == true)
        #expect((documents[1]["store_cpu_us_per_job"]?.doubleValue ?? 0) > 0)
        try await server.stop()
    }

    @Test func aStoreThatCannotBeMeasuredIsToldAtOnce() async throws {
        let scratch = Scratch()
        let closed = "redis://127.0.0.1:1"
        let absent = try await Program.run("bench", "--store", scratch.store, "--store", closed, in: scratch)
        #expect(absent.status == 1)
        #expect(absent.output.isEmpty)
        #expect(absent.messages.contains(closed))
        let cluster = try await Program.run("bench", "--store", "redis+cluster://:pw@localhost:1", in: scratch)
        #expect(cluster.status == 1)
        #expect(cluster.messages.contains("bench measures one server at redis:// or unix://"))
        #expect(!cluster.messages.contains(":pw@"))
        let memory = try await Program.run("bench", "--store", "memory:", in: scratch)
        #expect(memory.status == 2)
    }

    private static func keys(of server: RedisServer) async throws -> [String] {
        try await server.probe.command("KEYS", "*").array.map(\.text).sorted()
    }

    private static func expectRates(of document: JSON) {
        func number(_ path: String...) -> Double {
            path.reduce(Optional(document)) { $0?[$1] }?.doubleValue ?? -1
        }
        #expect(number("cores") > 0)
        #expect(number("jobs") == 400)
        #expect(number("payload_bytes") == 64)
        for part in ["enqueue_bulk", "drain"] {
            for figure in ["jobs_per_s", "raw_jobs_per_s", "ratio"] {
                #expect(number(part, figure) > 0, "\(part) \(figure)")
            }
        }
        #expect(number("enqueue_single", "tasks") == 64)
        #expect(number("enqueue_single", "jobs_per_s") > 0)
        #expect(number("both", "jobs_per_s") > 0)
        #expect(number("pickup_ms", "samples") == 500)
        #expect(number("pickup_ms", "p50") > 0)
        #expect(number("pickup_ms", "p50") <= number("pickup_ms", "p99"))
        #expect(number("idle", "cpu_percent") >= 0)
        #expect(number("idle", "rss_mib") > 1)
        if case .array(let backlog)? = document["backlog"], backlog.count == 1 {
            #expect(backlog[0]["waiting"]?.integerValue == 1000)
            #expect((backlog[0]["drain_jobs_per_s"]?.doubleValue ?? 0) > 0)
        } else {
            Issue.record("there is no one backlog")
        }
        #expect(number("store_bytes_per_job") > 64)
    }
}
