// What stands behind a handler's context: its notes go to the store under its token, its children and follow-ups the way
// that all jobs go. One object serves all handlers of a worker, so that a context costs no allocation.
import OffstageCore

/// What a worker does for its running handlers.
final class HandlerServices: JobServices {
    let log: any Log
    let store: any Store
    private let followUps = FollowUps()
    private let dispatcher: Dispatcher
    private let path: EnqueuePath
    private let ids: JobIDSource
    private let time: any TimeSource
    private let witness: (any RunWitness)?

    init(
        store: any Store, dispatcher: Dispatcher, middleware: [any EnqueueMiddleware], options: WorkerOptions
    ) {
        self.store = store
        self.dispatcher = dispatcher
        path = EnqueuePath(middleware: middleware, limits: options.limits, time: options.time)
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

    var limits: Limits { path.limits }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await path.send(jobs) { [store] jobs in try await store.enqueue(jobs) }
    }

    func follow(with job: NewJob, token: Token) throws { try followUps.add(job, to: token) }

    func takeFollowUps(of token: Token) -> [NewJob] { followUps.take(for: token) }

    func pass(_ followUps: [NewJob], of token: Token) async throws -> [NewJob] {
        let passed = PassedJobs()
        _ = try await path.send(followUps) { passed.add($0) }
        // Middleware may have made more of them, or given them another home.
        var tally = FollowUpTally()
        for job in passed.all { try tally.add(try job.housed(in: store, beside: token.job)) }
        return tally.jobs
    }

    func makeID() -> JobID { ids.next() }
}
