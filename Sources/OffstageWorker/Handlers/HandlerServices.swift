// What stands behind a handler's context: its notes go to the store under its token, its children through the
// worker's middleware. One object serves all handlers of a worker, so that a context costs no allocation.
import OffstageCore

/// What a worker does for its running handlers.
final class HandlerServices: JobServices {
    let log: any Log
    let followUps = FollowUps()
    let store: any Store
    private let dispatcher: Dispatcher
    private let middleware: [any EnqueueMiddleware]
    private let ids: JobIDSource
    private let time: any TimeSource
    private let witness: (any RunWitness)?

    init(
        store: any Store, dispatcher: Dispatcher, middleware: [any EnqueueMiddleware], options: WorkerOptions
    ) {
        self.store = store
        self.dispatcher = dispatcher
        self.middleware = middleware
        log = options.log
        time = options.time
        witness = options.witness
        ids = JobIDSource(time: options.time, random: options.random)
    }

    func note(_ note: JobNote) async throws {
        if let witness, case .progress(let progress) = note.kind,
            let slot = dispatcher.update({ state, _ in state.slot(of: note.token) })
        {
            witness.reports(progress, in: slot)
        }
        let now = time.monotonicMicroseconds()
        // A prefetched job's start is noted before anything else it says.
        let start = dispatcher.update { state, _ in state.takeStart(of: note.token, at: now) }
        let answers: [TokenAnswer]
        do {
            answers = try await store.note((start.map { [$0] } ?? []) + [note])
        } catch {
            dispatcher.update { state, wake in state.startsFailed(start.map { [$0.token] } ?? [], at: now, wake: &wake)
            }
            throw error
        }
        guard answers.last == .accepted else { throw LeaseLost() }
    }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        let checked = middleware.isEmpty ? [] : middleware + [CheckAgain(time: time)]
        return try await store.enqueue(jobs, through: checked[...])
    }

    func follow(with jobs: [NewJob], token: Token) { followUps.add(jobs, to: token) }

    func makeID() -> JobID { ids.next() }

    var now: Timestamp { time.now() }
}
