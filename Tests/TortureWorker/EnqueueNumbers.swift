// Enqueues numbered jobs in batches and says, once a batch was accepted, what the answers were; killed and started
// again with the same numbers, it sends the same jobs again. With `gate` it waits for a line before each batch.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses

struct EnqueueNumbers {
    let settings: Settings
    let input: Input

    init(_ settings: Settings, _ input: Input) {
        self.settings = settings
        self.input = input
    }

    func run() async throws {
        let store = try await settings.open()
        let first = settings.number("from", 0)
        let count = settings.number("count", 1)
        let size = settings.number("batch", 1)
        let kind = TortureKind(rawValue: settings.text("kind"))
        Output.say("ready")
        for start in stride(from: first, to: first + count, by: size) {
            if settings.isSet("gate") { _ = input.next() }
            let jobs = (start..<min(first + count, start + size)).map { TortureJobs.job($0, kind: kind) }
            do {
                let answers = try await store.enqueue(jobs)
                let words = zip(jobs, answers).map { "\($0.id.low & 0xFFFF_FFFF):\(Self.letter($1))" }
                Output.say("accepted " + words.joined(separator: " "))
            } catch {
                Output.say("refused \(error)")
            }
        }
        await store.close()
        Output.say("done")
    }

    private static func letter(_ answer: EnqueueAnswer) -> String {
        switch answer {
        case .stored: "S"
        case .repeated: "R"
        case .duplicate: "D"
        case .replaced: "P"
        case .refused: "X"
        }
    }
}
