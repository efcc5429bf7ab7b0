// A worker with a handler for each kind of torture job. Each run is logged when it begins and when it returns. A job's
// result is the token's nonce, so that the record shows which run was accepted.
import Foundation
import OffstageCore
import OffstageWorker
import TestProcesses

struct Work {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        let store = try await settings.open()
        var options = WorkerOptions()
        if settings.isSet("scale") { options = options.scaled(by: Double(settings.number("scale", 100)) / 100) }
        options.log = StandardErrorLog()
        options.prefetchLimit = settings.number("prefetch", 1000)
        if settings.isSet("heartbeat") { options.heartbeat = .milliseconds(settings.number("heartbeat", 5000)) }
        if settings.isSet("reclaim") { options.reclaimAfter = .milliseconds(settings.number("reclaim", 250)) }
        let runs = RunLog(settings.text("log"))
        let slowness = Duration.milliseconds(settings.number("slow", 1000))
        let worker = Worker(
            store, concurrency: settings.number("concurrency", 16),
            grace: .milliseconds(settings.number("grace", 25_000)),
            options: options, handlers: Handlers(runs: runs, slowness: slowness).all)
        let events = worker.stream()
        let telling = Task {
            for await event in events {
                switch event {
                case .ready(let id): Output.say("ready \(id)")
                case .started(let id, let type) where type == TortureKind.slow.rawValue: Output.say("started \(id)")
                case .settled(let id, .stale): Output.say("stale \(id)")
                default: break
                }
            }
        }
        try await worker.run()
        await telling.value
        await store.close()
        Output.say("stopped")
    }
}
