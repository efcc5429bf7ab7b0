// One store under trial, and the short helpers that the cases are written with. Identifiers and lease counters count
// up, so a case runs and fails the same way every time. All ids name partition 0 unless the trial is spread. Then the
// store chooses where jobs live, as it does for the enqueuer.
import OffstageCore
import Synchronization

/// A store, its clock, and the workers to try it with.
final class Trial: Sendable {
    let store: any Store
    let time: ManualTime
    private let isSpread: Bool
    private let counters = Mutex<(id: UInt64, lease: UInt64)>((0, 0))

    /// The workers of a case.
    static let ann = WorkerID(bits: 0xa)
    static let bob = WorkerID(bits: 0xb)
    static let cat = WorkerID(bits: 0xc)
    static let dan = WorkerID(bits: 0xd)

    init(store: any Store, time: ManualTime, spread: Bool = false) {
        self.store = store
        self.time = time
        isSpread = spread
    }

    /// The current time of the wall clock.
    var now: Timestamp { time.now() }

    /// Lets time pass while another worker uses the store, so the lease clock advances like the other clocks.
    func pass(_ duration: Duration) async throws {
        var left = duration
        while left > .zero {
            let step = min(left, store.traits.lease / 4)
            time.advance(by: step)
            left -= step
            _ = try await store.renew(RenewRequest(worker: WorkerID(bits: 0xe), tokens: [], grantedBefore: 0))
        }
    }

    // MARK: Requests

    /// Returns a job with its own arguments; `edit` sets everything else.
    func job(_ type: String = "work", _ edit: (inout NewJob) -> Void = { _ in }) -> NewJob {
        let number = counters.withLock { counters in
            counters.id += 1
            return counters.id
        }
        var job = NewJob(
            id: JobID(high: 0x7000, low: 0x8000_0000_0000_0000 | number), type: type, arguments: Array("\(number)".utf8)
        )
        edit(&job)
        return isSpread ? job.housed(in: store) : job
    }

    /// Returns a job to be stored with the completion of another one.
    func followUp(of parent: ReservedJob) throws -> NewJob {
        let next = job()
        return isSpread ? try next.housed(in: store, beside: parent.id) : next
    }

    /// Enqueues a job of this kind and returns its id.
    func add(_ type: String = "work", line: UInt = #line, _ edit: (inout NewJob) -> Void = { _ in }) async throws
        -> JobID
    {
        let job = job(type, edit)
        guard case .stored = try await enqueue(job) else {
            throw ConformanceFailure("the job was not stored", line: line)
        }
        return job.id
    }

    /// Enqueues one job and returns the answer.
    func enqueue(_ job: NewJob) async throws -> EnqueueAnswer { try await store.enqueue([job])[0] }

    /// Returns a request for jobs, by a worker that starts what it gets.
    func wish(
        _ limit: Int = 1, startNow: Int? = nil, holding: Int = 0, queues: [String]? = nil,
        types: Set<String> = ["work", "other"], worker: WorkerID = Trial.ann, suspects: SuspectChoice = .alone,
        turnFor: Duration? = nil
    ) -> ReserveRequest {
        let first = counters.withLock { counters in
            defer { counters.lease += UInt64(limit) }
            return counters.lease + 1
        }
        return ReserveRequest(
            worker: worker, selection: WorkSelection(queues: queues, types: types), limit: limit,
            startNow: startNow ?? limit, holding: holding, firstCounter: first,
            suspects: suspects, turnFor: turnFor)
    }

    /// Reserves and returns jobs for a worker that starts what it gets.
    func take(
        _ limit: Int = 1, startNow: Int? = nil, holding: Int = 0, queues: [String]? = nil,
        types: Set<String> = ["work", "other"], worker: WorkerID = Trial.ann
    ) async throws -> [ReservedJob] {
        try await store.reserve(
            wish(limit, startNow: startNow, holding: holding, queues: queues, types: types, worker: worker)
        ).jobs
    }

    /// Reports that a worker died while running these jobs, whose handlers had run for `ran` microseconds.
    func died(
        _ jobs: [ReservedJob], ran: Int64 = 0, _ text: String = "signal 11", worker: WorkerID = Trial.ann
    ) async throws -> [TokenAnswer] {
        try await store.retire(
            worker,
            crashed: jobs.map {
                CrashedAttempt(token: $0.token, startedAgoMicroseconds: ran, autopsy: Failure(.crash, text))
            })
    }

    /// Reserves exactly one job and returns it.
    func takeOne(startNow: Int = 1, worker: WorkerID = Trial.ann, line: UInt = #line) async throws -> ReservedJob {
        guard let job = try await take(startNow: startNow, worker: worker).first else {
            throw ConformanceFailure("no job was given out", line: line)
        }
        return job
    }

    /// Returns a settlement; failed jobs are retried after a minute.
    func end(_ job: ReservedJob, _ outcome: Outcome, ran: Int64? = 1000, followUps: [NewJob] = []) -> Settlement {
        var random: any RandomSource = SeededRandom(seed: 1)
        return Settlement.of(
            outcome, job: job, policy: .constant(.seconds(60)), ranMicroseconds: ran, followUps: followUps,
            random: &random)
    }

    /// Settles one job and returns the answer.
    @discardableResult
    func settle(_ job: ReservedJob, _ outcome: Outcome, ran: Int64? = 1000) async throws -> TokenAnswer {
        try await store.settle([end(job, outcome, ran: ran)])[0]
    }

    /// Reserves one job and completes it.
    func complete() async throws { try await settle(try await takeOne(), .done) }

    /// Returns the job's record; fails if there is none.
    func record(_ id: JobID, line: UInt = #line) async throws -> JobRecord {
        guard let record = try await store.find([id])[0] else {
            throw ConformanceFailure("there is no record", line: line)
        }
        return record
    }

    /// Returns the first of these jobs that is available; fails if none is.
    func waiting(_ ids: [JobID], line: UInt = #line) async throws -> JobID {
        guard let record = try await store.find(ids).compactMap({ $0 }).first(where: { $0.state == .available }) else {
            throw ConformanceFailure("none of the jobs is available", line: line)
        }
        return record.id
    }

    /// Changes one job manually and returns the answer.
    @discardableResult
    func change(_ id: JobID, _ action: ChangeAction) async throws -> ChangeAnswer {
        try await store.change(ChangeRequest(action, .ids([id]))).answers[0]
    }

    /// Changes all matching jobs: in one call, or, if the trial is spread, in as many as the store asks for.
    @discardableResult
    func changeAll(_ filter: JobFilter, _ action: ChangeAction, dryRun: Bool = false) async throws -> ChangeReply {
        var sum = ChangeReply()
        repeat {
            let reply = try await store.change(ChangeRequest(action, .filter(filter, after: sum.next), dryRun: dryRun))
            sum.answers += reply.answers
            sum.changed += reply.changed
            sum.refused += reply.refused
            sum.next = reply.next
        } while isSpread && sum.next != nil
        return sum
    }

    /// Renews leases of a worker.
    func renew(_ tokens: [Token], before: UInt64 = 0, worker: WorkerID = Trial.ann) async throws -> RenewReply {
        try await store.renew(RenewRequest(worker: worker, tokens: tokens, grantedBefore: before))
    }

    // MARK: Checking

    /// Returns the ids as they are, or sorted if the store promises no order.
    func ordered(_ ids: [JobID]) -> [JobID] { isSpread ? ids.sorted() : ids }

    /// Fails unless the two are equal.
    func expect<Value: Equatable>(
        _ found: Value, _ wanted: Value, _ what: String = "value", line: UInt = #line, file: StaticString = #fileID
    ) throws {
        guard found == wanted else {
            throw ConformanceFailure("\(what): expected \(wanted), found \(found)", file: file, line: line)
        }
    }

    /// Fails unless the condition holds.
    func expect(_ holds: Bool, _ what: String, line: UInt = #line, file: StaticString = #fileID) throws {
        guard holds else { throw ConformanceFailure("not so: \(what)", file: file, line: line) }
    }

    /// Fails unless the job is in this state.
    func expect(_ id: JobID, is state: JobState, line: UInt = #line, file: StaticString = #fileID) async throws {
        try expect(try await record(id).state, state, "state", line: line, file: file)
    }

    /// Fails unless a change was refused.
    func refused(_ answer: ChangeAnswer, line: UInt = #line, file: StaticString = #fileID) throws {
        guard case .refused = answer else {
            throw ConformanceFailure("expected a refusal, found \(answer)", file: file, line: line)
        }
    }
}

extension Outcome {
    /// The handler returned without a result.
    static let done = Outcome.returned(result: nil, truncated: false)
    /// The handler threw.
    static let threw = Outcome.failed(Failure(.failed, "broken"))
}
