// A process frozen inside its commit is the one case that blocks the store until it is woken or killed, because no
// process may assume that it is dead. So all waiters name it in their errors. A process frozen anywhere else blocks no
// other.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import Synchronization
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct FrozenTests {
    private final class Lines: Log {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
            lines.withLock { $0.append(message) }
        }
    }

    private func open(_ crew: Crew, patience: Duration, log: any Log = SilentLog()) async throws -> SQLiteStore {
        var options = StoreOptions()
        options.patience = patience
        options.log = log
        return try await SQLiteStore.open(crew.store, options: options)
    }

    @Test(arguments: [SIGCONT, SIGKILL])
    func aProcessFrozenInsideACommitIsNamedByAllWhoWait(end: Int32) async throws {
        let crew = try Crew()
        defer { crew.end() }
        let log = Lines()
        let store = try await open(crew, patience: .milliseconds(6500), log: log)
        let worker = try crew.start("work", ["patience": "3000", "log": crew.folder.file("runs.log")])
        try await worker.hears("ready")
        let impatient = try crew.start(
            "enqueue", ["from": "10", "count": "1000", "gate": "1", "patience": "1000", "kind": "plain"])
        try await impatient.hears("ready")
        let frozen = try crew.start("hold", ["from": "7", "freeze": "1"])
        try await frozen.hears("holding")
        try await frozen.isFrozen()
        // Callers with patience left continue to wait, and log the reason after five seconds.
        impatient.say("go")
        #expect(try await impatient.hears("refused").contains("process \(frozen.pid)"))
        let error = await Self.error { _ = try await store.enqueue([TortureJobs.job(2000, kind: .plain)]) }
        guard case .busy(let text) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(text.contains("process \(frozen.pid)"))
        #expect(log.all.contains { $0.contains("process \(frozen.pid)") }, "\(log.all)")
        let workerSays = await TestSignal.holds(within: .seconds(30)) {
            worker.log.contains { $0.contains("process \(frozen.pid)") }
        }
        #expect(workerSays, "\(worker.log)")
        // Reads still work.
        #expect(try await store.find([TortureJobs.id(2000), TortureJobs.id(10)]).allSatisfy { $0 == nil })
        frozen.signal(end)
        if end == SIGCONT { try await frozen.hears("committed") }
        impatient.say("go")
        try await impatient.hears("accepted")
        #expect(try await store.enqueue([TortureJobs.job(2000, kind: .plain)]) == [.stored(.available)])
        // The worker continues by itself.
        #expect(
            try await TestSignal.holds(within: .seconds(60)) {
                try await store.find([TortureJobs.id(2000), TortureJobs.id(11)]).allSatisfy { $0?.state == .completed }
            })
        #expect(try await store.find([TortureJobs.id(7)])[0] == nil || end == SIGCONT)
        if end == SIGCONT {
            #expect(
                try await TestSignal.holds(within: .seconds(60)) {
                    try await store.find([TortureJobs.id(7)])[0]?.state == .completed
                })
        }
        worker.signal(SIGTERM)
        #expect(try await worker.ends() == 0)
        await store.close()
    }

    @Test func aProcessFrozenInLineStopsNobody() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await open(crew, patience: .seconds(60))
        // The holder has the lock, so that the next process is queued for it; there it is frozen.
        let waiting = try crew.start("enqueue", ["from": "100", "gate": "1", "patience": "60000", "kind": "plain"])
        try await waiting.hears("ready")
        let holder = try crew.start("hold", ["from": "7"])
        try await holder.hears("holding")
        waiting.say("go")
        try await Self.standsInLine(waiting)
        waiting.signal(SIGSTOP)
        try await waiting.isFrozen()
        holder.say("commit")
        try await holder.hears("committed")
        for number in 200..<220 {
            #expect(try await store.enqueue([TortureJobs.job(number, kind: .plain)]) == [.stored(.available)])
        }
        let other = try crew.start("enqueue", ["from": "300", "count": "50", "kind": "plain"])
        try await other.hears("done")
        #expect(try await store.find([TortureJobs.id(100)])[0] == nil)
        waiting.signal(SIGCONT)
        try await waiting.hears("accepted")
        #expect(try await store.counts().total(.available) == 72)
        await store.close()
    }

    /// Waits until the process' writing thread blocks in the kernel's wait for a file lock.
    private static func standsInLine(_ child: Child) async throws {
        let isIn = await TestSignal.holds(within: .seconds(30)) {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.pid)/task")) ?? []
            return threads.contains { thread in
                let folder = "/proc/\(child.pid)/task/\(thread)/"
                let name = (try? String(contentsOfFile: folder + "comm", encoding: .utf8)) ?? ""
                let call = (try? String(contentsOfFile: folder + "syscall", encoding: .utf8)) ?? ""
                // fcntl is 72 on x86-64 and 25 on ARM; F_OFD_SETLKW is 38.
                let words = call.split(separator: " ")
                return name.hasPrefix("offstage-write") && words.count > 2 && ["72", "25"].contains(words[0])
                    && words[2] == "0x26"
            }
        }
        #if os(Linux)
            #expect(isIn, "the process does not stand in line")
        #endif
    }

    private static func error(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch { return error as? StoreError }
    }
}
