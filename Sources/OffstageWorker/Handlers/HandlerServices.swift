// The services behind a handler's context. Its notes go to the store under its token; its children and follow-ups take
// the enqueue path of all jobs. One object serves all handlers of a worker, so a context costs no allocation.
import OffstageCore

/// What a worker does for its running handlers.
final class HandlerServices: JobServices {
    let log: any Log
    let failures = ByLease<StoreError>()
    let store: any JobSink
    private let followUps = ByLease<FollowUpTally>()
    private let dispatcher: Dispatcher
    private let path: EnqueuePath
    private let ids: JobIDSource
    private let time: any TimeSource
    private let notes: NoteDesk
    private let refusals: StartRefusals
    private let witness: (any RunWitness)?

    init(
        store: any WorkerStore, dispatcher: Dispatcher, middleware: [any EnqueueMiddleware], options: WorkerOptions
    ) {
        self.store = store
        self.dispatcher = dispatcher
        path = EnqueuePath(middleware: middleware, limits: options.limits, time: options.time)
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
            if let failure = error as? StoreError { failures.change(of: note.token) { $0 = failure } }
            throw error
        }
    }

    func couldNotStart(_ reason: String, token: Token) {
        let now = time.monotonicMicroseconds()
        let others = dispatcher.update { state, wake in state.couldNotStart(at: now, wake: &wake) }
        refusals.report(reason, others: others, at: now)
    }

    var limits: Limits { path.limits }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await path.send(jobs) { [store] jobs in try await store.enqueue(jobs) }
    }

    func follow(with job: NewJob, token: Token) throws {
        try followUps.change(of: token) { tally throws(InvalidJob) in
            var new = tally ?? FollowUpTally()
            try new.add(job)
            tally = new
        }
    }

    func takeFollowUps(of token: Token) -> [NewJob] { followUps.take(for: token)?.jobs ?? [] }

    func pass(_ followUps: [NewJob], of token: Token) async throws -> [NewJob] {
        let passed = PassedJobs()
        _ = try await path.send(followUps) { passed.add($0) }
        // Middleware may have added jobs or assigned them to another home.
        var tally = FollowUpTally()
        for job in passed.all { try tally.add(try job.housed(in: store, beside: token.job)) }
        return tally.jobs
    }

    func makeID() -> JobID { ids.next() }

    var now: Timestamp { time.now() }
}
