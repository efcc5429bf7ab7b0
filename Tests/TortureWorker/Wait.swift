// Only a waiter: it arms, announces that, and announces when it was woken. It reserves nothing, so a wake-up that it
// takes is lost with it.
import OffstageCore
import TestProcesses

struct Wait {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        let store = try await settings.open()
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: [TortureKind.plain.rawValue]))
        let clock = SystemTime()
        waiter.arm()
        Output.say("armed")
        let begun = clock.monotonicMicroseconds()
        await waiter.wait(upTo: .milliseconds(settings.number("limit", 60_000)))
        let waited = clock.monotonicMicroseconds() - begun
        Output.say(waited < Int64(settings.number("limit", 60_000)) * 1000 ? "woken" : "not-woken")
        waiter.close()
        await store.close()
    }
}
