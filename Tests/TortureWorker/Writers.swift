// Writes without a pause from many tasks until it is killed: it releases the writer lock as rarely as it can. No worker
// takes its jobs; now and then it prints how many were accepted.
import OffstageCore
import TestProcesses

struct Writers {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        let store = try await settings.open()
        let first = settings.number("from", 0)
        let size = settings.number("batch", 100)
        let tasks = settings.number("tasks", 4)
        Output.say("ready")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var next = first + task * 10_000_000
                    while true {
                        _ = try await store.enqueue((next..<next + size).map { TortureJobs.job($0, kind: .parked) })
                        next += size
                        if task == 0 { Output.say("wrote \(next - first)") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
