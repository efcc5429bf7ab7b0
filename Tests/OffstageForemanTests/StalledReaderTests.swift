// The foreman's standard error is not read: the foreman continues, and reports afterwards what is missing.
import CSystem
import OffstageCore
import OffstageSystem
import OffstageTesting
import Synchronization
import Testing

@testable import OffstageForeman

@Suite(.timeLimit(.minutes(1))) struct StalledReaderTests {
    /// Blocks each write until it is released.
    private final class StuckLog: Log {
        let isOpen = Atomic(false)
        let lines = Mutex<[String]>([])
        let missing = Mutex(0)

        func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
            while !isOpen.load(ordering: .acquiring) { poll(nil, 0, 1) }
            if let missing = facts.first.flatMap({ Int($0.1) }) {
                self.missing.withLock { $0 += missing }
            } else {
                lines.withLock { $0.append(message) }
            }
        }
    }

    private func dropped(_ bytes: Int) -> String { "(\(bytes) bytes were dropped)" }

    private func readAll(_ descriptor: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var all: [UInt8] = []
        while case .moved(let count) = Descriptor.read(descriptor, into: &buffer) { all += buffer[..<count] }
        return all
    }

    @Test func whatFindsNoRoomIsDroppedAndTold() throws {
        let pipe = try Descriptor.pipe()
        defer { for descriptor in [pipe.read, pipe.write] { Descriptor.close(descriptor) } }
        var writer = ErrorWriter(pipe.write, patience: 20)
        writer.write("first\n".utf8, report: dropped)
        #expect(readAll(pipe.read) == Array("first\n".utf8))
        let begun = offstage_monotonic_ns()
        let text = [UInt8](repeating: 65, count: 100_000)
        for _ in 0..<1000 { writer.write(text, report: dropped) }
        // It waited once, not a thousand times.
        #expect(offstage_monotonic_ns() - begun < 10_000_000_000)
        let taken = readAll(pipe.read)
        writer.write("again\n".utf8, report: dropped)
        let rest = String(decoding: readAll(pipe.read), as: UTF8.self)
        #expect(rest.contains("\n(\(1000 * 100_000 - taken.count) bytes were dropped)\n"))
        #expect(rest.hasSuffix("\nagain\n"))
        writer.write("and on\n".utf8, report: dropped)
        #expect(readAll(pipe.read) == Array("and on\n".utf8))
    }

    @Test func aDescriptorThatNobodyReadsIsNoTrouble() throws {
        let pipe = try Descriptor.pipe()
        Descriptor.close(pipe.read)
        offstage_bear_broken_pipes()
        var writer = ErrorWriter(pipe.write, patience: 20)
        for _ in 0..<3 { writer.write([UInt8](repeating: 65, count: 10_000), report: dropped) }
        Descriptor.close(pipe.write)
    }

    @Test func aLogThatIsStuckHoldsNobodyUp() async throws {
        let stuck = StuckLog()
        let log = LooseLog.around(stuck)
        for number in 0..<3000 { log(.info, "\(number)") }
        await log.finish()
        #expect(stuck.lines.withLock { $0.isEmpty })
        stuck.isOpen.store(true, ordering: .releasing)
        // Everything that was not written is reported.
        let isWhole = await TestSignal.holds(within: .seconds(30)) {
            stuck.lines.withLock { $0.count } + stuck.missing.withLock { $0 } == 3000
        }
        #expect(isWhole)
        #expect(stuck.missing.withLock { $0 } > 0)
        #expect(stuck.lines.withLock { $0.prefix(1000) } == (0..<1000).map { "\($0)" }[...])
        log(.info, "again")
        await log.finish()
        #expect(await TestSignal.holds { stuck.lines.withLock { $0.last } == "again" })
    }
}
