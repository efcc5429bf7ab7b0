// What a worker was created with, and the checks that make `run` throw before anything is reserved.
import OffstageCore

/// The arguments that a worker was created with.
struct WorkerPlan: Sendable {
    let queues: WorkerQueues
    let concurrency: Int
    let grace: Duration
    let middleware: [any ExecuteMiddleware]
    let enqueueMiddleware: [any EnqueueMiddleware]
    let options: WorkerOptions
    let handlers: [Handler]

    var types: Set<String> { Set(handlers.map(\.name)) }
    var selection: WorkSelection { WorkSelection(queues: queues.names, types: types) }

    func check() throws(WorkerError) {
        guard !handlers.isEmpty else { throw .noHandlers }
        var seen: Set<String> = []
        for handler in handlers {
            guard Names.isValid(handler.name) else {
                throw .invalid("type \(Names.quoted(handler.name)) is not a name: use 1 to 128 of A-Z a-z 0-9 . _ : -")
            }
            guard seen.insert(handler.name).inserted else { throw .duplicateHandler(handler.name) }
        }
        try queues.check()
        guard (1...10_000).contains(concurrency) else {
            throw .invalid("a concurrency of \(concurrency) is not between 1 and 10000")
        }
        guard grace >= .zero else { throw .invalid("a grace of \(grace) is negative") }
    }
}
