// What stands behind a handler's context: its notes go to the store under its token, its children through the
// worker's middleware. One object serves all handlers of a worker, so that a context costs no allocation.
import OffstageCore

/// What a worker does for its running handlers.
final class HandlerServices: JobServices {
    let log: any Log
    let followUps = FollowUps()
    let failures = StoreFailures()
    let store: any Store
    private let dispatcher: Dispatcher
    private let middleware: [any EnqueueMiddleware]
    private let ids: JobIDSource
    private let time: any TimeSource
    private let notes: NoteDesk
    private let refusals: StartRefusals
    private let witness: (any RunWitness)?

    init(
        store: any Store, dispatcher: Dispatcher, middleware: [any EnqueueMiddleware], options: WorkerOptions
    ) {
        self.store = store
        self.dispatcher = dispatcher
        self.middleware = middleware
        log = options.log
        time = options.time
        notes = NoteDesk(store: store, dispatcher: dispatcher, time: options.time)
        refusals = StartRefusals(options)
        witness = options.witness
        ids = JobIDSource(time: options.time, random: options.random)
    }

    func note(_ note: JobNote) async throws {
        if let witness, case .progress(let progress) = note.kind,
            let slot = dispatcher.update({ state, _ in state.slot(of: note.token) })
        {
            witness.reports(progress, in: slot)
        }
        do {
            try await notes.put(note)
        } catch {
            failures.add(error, to: note.token)
            throw error
        }
    }

    func couldNotStart(_ reason: String, token: Token) {
        let now = refusals.now
        let others = dispatcher.update { state, wake in state.couldNotStart(at: now, wake: &wake) }
        refusals.report(reason, others: others)
    }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        let checked = middleware.isEmpty ? [] : middleware + [CheckAgain(time: time)]
        return try await store.enqueue(jobs, through: checked[...])
    }

    func follow(with jobs: [NewJob], token: Token) { followUps.add(jobs, to: token) }

    func makeID() -> JobID { ids.next() }

    var now: Timestamp { time.now() }
}
