// Randomly damaged store files. A worker always ends; if it cannot work, it ends with one line and status 1. The test
// prints the seed, so that a failure can be repeated.
import Foundation
import OffstageCore
import OffstageTesting
import Testing

@Suite(.timeLimit(.minutes(10))) struct DamageTests {
    private let scratch = Scratch()

    /// The file of a store with jobs in several states, as it is on disk after all users have closed it.
    private func sound() async throws -> Data {
        let jobs = (0..<400).map { number in
            let kind = ["t", "t", "fail", "later"][number % 4]
            let at = kind == "later" ? #","in":"1h""# : ""
            let key = number % 10 == 0 ? #","unique":"\#(number)""# : ""
            return #"{"type":"\#(kind)","args":{"n":\#(number),"text":"\#(String(repeating: "x", count: number))"}"#
                + at + key + "}"
        }
        let bulk = try await Program.run(
            "enqueue", "--bulk", "-", in: scratch, input: jobs.joined(separator: "\n") + "\n")
        #expect(bulk.status == 0, "\(bulk)")
        let id = try await Program.run("enqueue", "fail", in: scratch).lines[0]
        let work = try await Program.run("work", "--drain", "--handler", "fail=exit 1", in: scratch)
        #expect(work.status == 0, "\(work.messages.suffix(500))")
        _ = try await Program.run("cancel", id, in: scratch)
        return try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/jobs.db"))
    }

    private func damage(_ sound: Data, _ random: inout SeededRandom) -> Data {
        var data = sound
        func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
        switch below(4) {
        case 0: data.removeLast(1 + below(data.count - 1))
        case 1:
            let page = below(data.count / 4096) * 4096
            data.replaceSubrange(page..<page + 4096, with: Data(repeating: UInt8(below(256)), count: 4096))
        case 2:
            let from = below(data.count / 4096) * 4096
            let to = below(data.count / 4096) * 4096
            data.replaceSubrange(to..<to + 4096, with: data[from..<from + 4096])
        default: for _ in 0...below(200) { data[below(data.count)] = UInt8(below(256)) }
        }
        return data
    }

    @Test func aWorkerEndsOverADamagedFile() async throws {
        let isLong = ProcessInfo.processInfo.environment["OFFSTAGE_TEST_ALL"] == "1"
        let sound = try await sound()
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        var ends: [Int32: Int] = [:]
        for round in 0..<(isLong ? 300 : 25) {
            for suffix in ["-wal", "-shm", "-lock", "-wake"] { unlink(scratch.path + "/jobs.db" + suffix) }
            let damaged = damage(sound, &random)
            try damaged.write(to: URL(fileURLWithPath: scratch.path + "/jobs.db"))
            let note = "seed \(seed), round \(round)"
            let result = try await run(["work", "--drain", "--handler", "t=true", "--handler", "fail=true"])
            guard let result else {
                try? damaged.write(to: URL(fileURLWithPath: "/tmp/offstage-damaged-\(seed)-\(round).db"))
                Issue.record("the worker does not end: \(note)")
                return
            }
            ends[result.status, default: 0] += 1
            #expect(result.status == 0 || result.status == 1, "\(note): \(result)")
            let own = result.messages.split(separator: "\n").filter { $0.hasPrefix("offstage: ") }
            #expect(own.count == Int(result.status), "\(note): \(result)")
            // That line is the only message: the worker does not also announce a retry or that it handed jobs back.
            let others = result.messages.split(separator: "\n").filter { $0.contains("again") || $0.contains("handed") }
            #expect(result.status == 0 || others.isEmpty, "\(note): \(result)")
            // The read-only commands end too, whatever they find.
            for command in [["doctor"], ["stats"], ["jobs"]] {
                let look = try await run(command)
                #expect(look.map { $0.status == 0 || $0.status == 1 } == true, "\(note): \(command)")
            }
        }
        #expect(ends[1, default: 0] > 0, "no damage was noticed: seed \(seed)")
    }

    /// Runs the program. Returns nil if it does not end within a minute.
    private func run(_ words: [String]) async throws -> ProgramResult? {
        let ended = EndedProgram()
        let process = try Program.start(words, in: scratch) { ended.set($0) }
        let isOver = await TestSignal.holds(within: .seconds(60)) { ended.result != nil }
        if !isOver { kill(process.processIdentifier, SIGKILL) }
        return ended.result
    }
}
