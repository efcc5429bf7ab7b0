// Outages of every store, in parallel, because they mostly wait. A file: a foreign transaction or one of ours holds it,
// or the machine is suspended. A Redis: frozen, unreachable for all, or suspended with its workers.
import Foundation
import OffstageTesting
import RedisServers
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(40))) struct OutageTests {
    private let times = Crew.runsLong ? Outages.Times.long : .quick

    /// Runs outages with a process that locks the file at the beginning of each outage and releases it at the end.
    private func heldBy(_ command: String, _ settings: [String: String], _ name: String) async throws {
        let crew = try Crew()
        defer { crew.end() }
        let holder = Holder()
        try await Outages(name, crew).endure(times) { _ in
            let child = try crew.start(command, settings)
            try await child.hears("holding")
            holder.child = child
        } end: { _ in
            holder.child?.say("abort")
            try await holder.child?.ends()
        }
    }

    @Test func aForeignWriterHoldsTheFile() async throws {
        try await heldBy("foreign", ["mode": "write"], "a file locked by a foreign writer")
    }

    @Test func oneOfUsHoldsTheFile() async throws {
        try await heldBy("hold", ["from": "1000000"], "a file locked by one of us")
    }

    @Test func theMachineOfAFileIsSuspended() async throws {
        let crew = try Crew()
        defer { crew.end() }
        try await Outages("a suspended machine with a file", crew).endure(times) { workers in
            for worker in workers { worker.signal(SIGSTOP) }
        } end: { workers in
            for worker in workers { worker.signal(SIGCONT) }
        }
    }

    @Test func aRedisIsFrozen() async throws {
        let server = try await RedisServer.start(.durable(.always))
        let crew = try Crew(store: server.url)
        defer { crew.end() }
        try await Outages("a frozen Redis", crew).endure(times) { _ in
            try await server.freeze()
        } end: { _ in
            server.thaw()
        }
    }

    @Test func aRedisIsOutOfReach() async throws {
        let server = try await RedisServer.start(.durable(.always))
        let proxy = try CuttingProxy(to: .tcp(server.port))
        let crew = try Crew(store: server.url)
        defer { crew.end() }
        try await Outages("a Redis out of reach", crew, workersStore: proxy.url).endure(times) { _ in
            proxy.refuse()
            proxy.cutAll()
        } end: { _ in
            try proxy.accept()
        }
    }

    @Test func theMachineOfARedisIsSuspended() async throws {
        let server = try await RedisServer.start(.durable(.always))
        let crew = try Crew(store: server.url)
        defer { crew.end() }
        try await Outages("a suspended machine with a Redis", crew).endure(times) { workers in
            try await server.freeze()
            for worker in workers { worker.signal(SIGSTOP) }
        } end: { workers in
            for worker in workers { worker.signal(SIGCONT) }
            server.thaw()
        }
    }
}

/// The process that holds the file now.
private final class Holder {
    var child: Child?
}
