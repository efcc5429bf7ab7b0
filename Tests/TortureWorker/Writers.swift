// Writes without a pause from many tasks at once, until it is killed: a neighbour that leaves the writer lock as
// little as it can. What it enqueues nobody works on; now and then it says how many were accepted.
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
