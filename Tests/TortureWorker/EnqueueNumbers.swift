// Enqueues numbered jobs in batches and prints the answers once a batch was accepted. Killed and restarted with the
// same numbers, it sends the same jobs again. With `gate` it waits for a line before each batch, with `pace` it pauses
// between batches, and with `again` it sends a batch until it is accepted, as a caller that got "unknown" must.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses

struct EnqueueNumbers {
    let settings: Settings
    let input: Input
    private let clock = SystemTime()

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
        let pace = Duration.milliseconds(settings.number("pace", 0))
        Output.say("ready")
        for start in stride(from: first, to: first + count, by: size) {
            if settings.isSet("gate") { _ = input.next() }
            let jobs = (start..<min(first + count, start + size)).map { TortureJobs.job($0, kind: kind, in: store) }
            while try await !isTaken(jobs, store), settings.isSet("again") {}
            if pace > .zero { try await clock.sleep(for: pace) }
        }
        await store.close()
        Output.say("done")
    }

    private func isTaken(_ jobs: [NewJob], _ store: any Store) async throws -> Bool {
        do {
            let answers = try await store.enqueue(jobs)
            let numbers = jobs.map { TortureJobs.number($0.id) ?? 0 }
            Output.say(AcceptedLine(numbers, answers, at: clock.monotonicMicroseconds()).text)
            return true
        } catch {
            guard settings.isSet("again") else {
                Output.say("refused \(error)")
                return false
            }
            Output.say("again \(error)")
            try await clock.sleep(for: .milliseconds(10))
            return false
        }
    }
}
