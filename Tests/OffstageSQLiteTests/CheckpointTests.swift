// The log file stays bounded: the writer checkpoints it past 64 MiB, and our own readers never block that for long. A
// foreign reader that does makes the log grow, which breaks nothing and ends with the reader.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct CheckpointTests {
    private static let mebibyte = 1 << 20

    /// Stores about this many bytes in jobs, numbered from `first`. Returns the next number.
    private func write(_ bytes: Int, to store: SQLiteStore, from first: Int) async throws -> Int {
        var next = first
        let size = 16_000
        while (next - first) * size < bytes {
            let answers = try await store.enqueue((next..<next + 100).map { plain($0, bytes: size) })
            #expect(answers.allSatisfy { $0 == .stored(.available) })
            next += 100
        }
        return next
    }

    @Test func theLogStaysBoundedUnderLoad() async throws {
        let crew = try Crew(onDisk: true)
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let isDone = TestSignal()
        async let looks = {
            var looks = 0
            while !isDone.isSet {
                _ = try await store.counts()
                looks += 1
            }
            return looks
        }()
        var next = 0
        var largest = 0
        for _ in 0..<20 {
            next = try await write(15 * Self.mebibyte, to: store, from: next)
            largest = max(largest, WriteAheadLog.size(crew.store))
        }
        isDone.set()
        #expect(try await looks > 0)
        #expect(largest > 60 * Self.mebibyte)
        #expect(largest < 130 * Self.mebibyte, "the log grew to \(largest / Self.mebibyte) MiB")
        #expect(try await store.waiting() == next)
        await store.close()
    }

    @Test func aForeignReaderBreaksNothing() async throws {
        let isLong = Crew.isLong("a foreign reader under load")
        let crew = try Crew(onDisk: true)
        defer { crew.end() }
        // The reserved jobs are never settled: no lease may expire within the minute.
        let store = try await openStore(crew.store, lease: .seconds(600))
        var next = try await write(Self.mebibyte, to: store, from: 0)
        let reader = try crew.start("foreign", ["mode": "read"])
        try await reader.hears("holding")
        let clock = SystemTime()
        let end = clock.monotonicMicroseconds() + (isLong ? 60_000_000 : 3_000_000)
        while WriteAheadLog.size(crew.store) < 90 * Self.mebibyte {
            next = try await write(5 * Self.mebibyte, to: store, from: next)
        }
        while clock.monotonicMicroseconds() < end {
            // Small steps, so that the minute does not use more disk than necessary.
            _ = try await store.enqueue((next..<next + 10).map { plain($0) })
            next += 10
            let taken = try await store.take(10, firstCounter: UInt64(next))
            #expect(taken.count == 10)
            try await clock.sleep(for: .milliseconds(20))
        }
        #expect(!reader.isOver)
        let grown = WriteAheadLog.size(crew.store)
        #if os(Linux)
            let findings = try await store.examine()
            #expect(
                findings.contains { $0.level == .warning && $0.text.contains("process \(reader.pid) (") },
                "\(findings.map(\.text))")
        #endif
        reader.say("end")
        try await reader.hears("done")
        // Without a reader in the way the log shrinks by itself, even though almost nothing is written.
        #expect(
            await TestSignal.holds(within: .seconds(30)) {
                _ = try? await store.maintain(limit: 1)
                return WriteAheadLog.size(crew.store) < 65 * Self.mebibyte
            })
        // More than the log may hold: it must have been checkpointed and restarted from its beginning.
        next = try await write(grown + 80 * Self.mebibyte, to: store, from: next)
        let after = WriteAheadLog.size(crew.store)
        #expect(after < grown + 70 * Self.mebibyte, "the log grew from \(grown) to \(after) with nobody in the way")
        #expect(try await store.examine().allSatisfy { $0.level < .error })
        await store.close()
    }
}
