// The transitions of a stored job, as decisions on values. The conformance suite shows the same through stores; here
// each rule is tested separately.
import Testing

@testable import OffstageCore

@Suite struct LifeTests {
    private let now = Timestamp(microseconds: 1_000_000_000)
    private let worker = WorkerID(bits: 7)
    private var options: StoreOptions {
        var options = StoreOptions()
        options.crashesAlone = 2
        options.retention.completedAge = .seconds(60)
        return options
    }

    private func waiting(_ edit: (inout NewJob) -> Void = { _ in }) -> StoredJob {
        var new = NewJob(id: JobID(high: 1, low: 2), type: "t", arguments: Array("{}".utf8))
        edit(&new)
        return StoredJob(new, seq: 1, runAt: now, now: now)
    }

    private func running(started: Bool = true, _ edit: (inout NewJob) -> Void = { _ in }) throws -> StoredJob {
        var job = waiting(edit)
        try job.reserve(
            under: JobLease(worker: worker, counter: 5, attempt: job.failures + 1, deadline: 20_000_000))
        if started { _ = job.start(at: now) }
        return job
    }

    private func settlement(_ outcome: Outcome, of job: StoredJob, policy: RetryPolicy = .constant(.seconds(9)))
        -> Settlement
    {
        let token = Token(job: job.record.id, attempt: job.failures + 1, worker: worker, counter: 5, locator: 1)
        var random: any RandomSource = SeededRandom(seed: 1)
        return Settlement.of(
            outcome, job: ReservedJob(job.record, token: token), policy: policy, ranMicroseconds: 300, random: &random)
    }

    @Test func aJobIsScheduledOrAvailableByItsTime() {
        #expect(waiting().record.state == .available)
        let new = NewJob(id: JobID(high: 1, low: 2), type: "t", arguments: [])
        #expect(StoredJob(new, seq: 1, runAt: now + .seconds(1), now: now).record.state == .scheduled)
    }

    @Test func aStartCountsOnceAndGivesAKeyUpThatIsHeldUntilThen() throws {
        var job = try running(started: false) { $0.unique = UniqueRule(key: "k", release: .started) }
        let first = job.start(at: now)
        let second = job.start(at: now + .seconds(1))
        #expect(first && !second)
        #expect(job.record.attempt == 1 && job.record.attemptedAt == now)
        var other = try running(started: false) { $0.unique = UniqueRule(key: "k", release: .ended) }
        let givesUp = other.start(at: now)
        #expect(!givesUp)
    }

    @Test func aCompletedJobHasItsResultAndNoCheckpoint() throws {
        var job = try running()
        job.record.checkpoint = [1]
        let turn = try job.settle(settlement(.returned(result: [2], truncated: false), of: job), options, at: now)
        #expect(turn == .ended(ran: 300))
        #expect(job.record.state == .completed && job.record.result == [2] && job.record.checkpoint == nil)
        #expect(job.lease == nil && job.keepUntil == now + .seconds(60) && job.record.finishedAt == now)
    }

    @Test func aFailedAttemptCountsAndTheLastOneDiscards() throws {
        var job = try running { $0.maxAttempts = 2 }
        let first = try job.settle(settlement(.failed(Failure(.failed, "no")), of: job), options, at: now)
        #expect(first == .failed(ran: 300) && job.failures == 1)
        #expect(job.record.state == .retryable && job.record.runAt == now + .seconds(9))
        try job.becomeDue()
        try job.reserve(under: JobLease(worker: worker, counter: 5, attempt: 2, deadline: 0))
        _ = job.start(at: now)
        let last = try job.settle(settlement(.failed(Failure(.failed, "no")), of: job), options, at: now)
        #expect(last == .ended(ran: 300) && job.record.state == .discarded && job.failures == 2)
        #expect(job.record.errors.map(\.attempt) == [1, 2])
    }

    @Test func whoIsAskedToCancelIsCancelledByAnyEndButCompletion() throws {
        for outcome in [Outcome.failed(Failure(.failed, "no")), .snoozed(.after(.seconds(5)))] {
            var job = try running()
            let turn1 = try job.cancel(options, at: now)
            #expect(turn1 == .goesOn)
            let turn2 = try job.settle(settlement(outcome, of: job), options, at: now)
            #expect(turn2 == .ended(ran: 300))
            #expect(job.record.state == .cancelled && job.failures == 0)
        }
        var done = try running()
        _ = try done.cancel(options, at: now)
        _ = try done.settle(settlement(.returned(result: nil, truncated: false), of: done), options, at: now)
        #expect(done.record.state == .completed)
        var given = try running()
        _ = try given.cancel(options, at: now)
        let turn3 = try given.handBack(isInterruption: true, options, at: now)
        #expect(turn3 == .ended(ran: 0))
        #expect(given.record.state == .cancelled)
    }

    @Test func aLeaseThatRanOutIsACrashOnlyIfTheStoreWasInUse() throws {
        var unstarted = try running(started: false)
        let turn4 = try unstarted.rescue(storeWasInUse: true, options, at: now)
        #expect(turn4 == .goesOn)
        #expect(unstarted.record.crashes == 0 && unstarted.record.interruptions == 0)
        var outage = try running()
        let turn5 = try outage.rescue(storeWasInUse: false, options, at: now)
        #expect(turn5 == .goesOn)
        #expect(outage.record.crashes == 0 && outage.record.interruptions == 1)
        #expect(outage.record.errors.map(\.kind) == [.leaseLost])
        var crashed = try running()
        let turn6 = try crashed.rescue(storeWasInUse: true, options, at: now)
        #expect(turn6 == .goesOn)
        #expect(crashed.record.crashes == 1 && !crashed.record.isSuspect && crashed.record.state == .available)
        let wasCharged = crashed.acquit(worker)
        let again = crashed.acquit(worker)
        #expect(wasCharged && !again)
        #expect(crashed.record.crashes == 0 && crashed.record.errors.map(\.kind) == [.leaseLost])
    }

    @Test func aSuspectIsDiscardedAfterSoManyCrashesAlone() throws {
        var job = try running()
        let failure = Failure(.crash, "died")
        for round in 0...2 {
            let turn = try job.crash(failure, suspectFrom: 1, options, at: now)
            #expect(job.record.isSuspect && job.record.suspectedAt == 1)
            #expect(turn == (round < 2 ? .goesOn : .ended(ran: 0)))
            guard round < 2 else { break }
            try job.reserve(under: JobLease(worker: worker, counter: 5, attempt: 1, deadline: 0))
            _ = job.start(at: now)
        }
        #expect(job.record.state == .discarded && job.record.crashes == 3)
    }

    @Test func aRetryByHandBeginsAnewAndAllowsOneAttempt() throws {
        var job = try running { $0.maxAttempts = 1 }
        _ = try job.crash(Failure(.crash, "died"), suspectFrom: 1, options, at: now)
        try job.reserve(under: JobLease(worker: worker, counter: 5, attempt: 1, deadline: 0))
        _ = try job.settle(settlement(.failed(Failure(.failed, "no")), of: job), options, at: now)
        #expect(job.record.state == .discarded)
        try job.retry(at: now + .seconds(3))
        #expect(job.record.state == .available && job.record.runAt == now + .seconds(3))
        #expect(job.record.maxAttempts == 2 && job.record.crashes == 0 && !job.record.isSuspect)
        #expect(job.keepUntil == nil && job.record.finishedAt == nil)
    }

    @Test func whatCannotHappenIsAnErrorAndChangesNoState() throws {
        var job = waiting()
        #expect(throws: ImpossibleEvent.self) { try job.handBack(isInterruption: false, options, at: now) }
        #expect(throws: ImpossibleEvent.self) { try job.free(at: now) }
        #expect(job.record.state == .available)
    }

    /// Exactly what the table of docs/lifecycle.md refuses is refused, with a reason.
    @Test(arguments: JobState.allCases) func refusalsFollowTheTable(state: JobState) {
        let events: [(ChangeAction, JobEvent)] = [(.cancel, .cancelled), (.retry, .retriedByHand), (.remove, .removed)]
        for (action, event) in events {
            #expect((action.refusal(in: state) != nil) == (state.after(event) == .refused), "\(action) \(state.name)")
        }
        #expect((ChangeAction.reschedule(.now).refusal(in: state) == nil) == state.isWaiting)
    }

    @Test func anIDIsRememberedForAsLongAsThePatienceAsksHoweverLongThatIs() {
        var options = StoreOptions()
        #expect(options.acceptedIDEnd(endedAt: now, now: now) >= now + options.acceptedIDAge)
        options.patience = .seconds(Int64.max)
        #expect(options.acceptedIDEnd(endedAt: now, now: now) > now + .seconds(86_400 * 365))
        #expect(options.acceptedIDEnd(endedAt: Timestamp(microseconds: .min), now: now) >= now)
    }

    @Test func textsAreFilledInInOrder() {
        #expect(StoreTexts.fill("%s and %s", "a", "b") == "a and b")
        #expect(StoreTexts.fill("none", "a") == "none")
        #expect("\(ChangeRefusal.keyHeld(by: JobID(high: 1, low: 2)))".hasPrefix("its unique key is held by job "))
    }
}
