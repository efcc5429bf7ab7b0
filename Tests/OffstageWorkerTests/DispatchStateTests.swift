// The dispatch state in isolation: no store, no tasks, and the clock is a number.
import OffstageCore
import Testing

@testable import OffstageWorker

private func job(_ counter: UInt64, crashes: Int = 0, timeout: Int64? = nil, size: Int = 0) -> ReservedJob {
    let token = Token(
        job: JobID(high: 0, low: counter), attempt: 1, worker: WorkerID(bits: 7), counter: counter, locator: 0)
    var job = ReservedJob(
        token: token, type: "x", queue: "default", arguments: [UInt8](repeating: 49, count: size), priority: 4,
        maxAttempts: 20, enqueuedAt: Timestamp(microseconds: 0), runAt: Timestamp(microseconds: 0))
    job.crashes = crashes
    job.isSuspect = crashes >= 2
    job.timeoutMicroseconds = timeout
    return job
}

/// A dispatch state with helpers for common steps.
private struct Bench {
    var state: DispatchState
    var wake = DispatchState.Wake()
    var now: Int64 = 1_000_000_000

    init(slots: Int = 2, _ change: (inout Timings) -> Void = { _ in }) {
        var timings = Timings()
        change(&timings)
        state = DispatchState(slots: slots, timings: timings)
    }

    /// The demand of the next plan, which must be a call.
    mutating func demand() throws -> DispatchState.Demand {
        guard case .call(_, let demand) = state.plan(at: now) else { throw Unexpected() }
        return try #require(demand)
    }

    /// Delivers as many jobs as a call asked for, or fewer.
    @discardableResult
    mutating func deliver(
        _ demand: DispatchState.Demand, count: Int? = nil, suspect: Bool = false, size: Int = 0
    ) -> [JobID] {
        var reservation = Reservation()
        let count = count ?? demand.limit
        reservation.jobs = (0..<UInt64(count)).map { job(demand.firstCounter + $0, size: size) }
        reservation.suspectWaiting = suspect
        state.answered()
        return state.deliver(reservation, for: demand, leaseFrom: now, at: now, fraction: 0, wake: &wake)
    }

    /// Runs buffered jobs in one slot.
    mutating func work(_ count: Int, slot: Int = 0) {
        for _ in 0..<count {
            guard let job = state.take(slot, at: now, wake: &wake) else { return }
            _ = state.finish(slot, done(job), wake: &wake)
        }
    }

    func done(_ job: ReservedJob) -> Settlement {
        var random: any RandomSource = SeededRandom(seed: 1)
        return .of(
            .returned(result: nil, truncated: false), job: job, policy: .standard, ranMicroseconds: 1, random: &random)
    }
}

private struct Unexpected: Error {}

@Suite(.timeLimit(.minutes(1))) struct DispatchStateTests {
    @Test func asksFirstForAsManyJobsAsItHasSlots() throws {
        var bench = Bench(slots: 3)
        let demand = try bench.demand()
        #expect(demand == DispatchState.Demand(limit: 3, startNow: 3, holding: 0, firstCounter: 1, listens: true))
    }

    @Test func prefetchesWhatItFinishedLately() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        bench.work(2)
        #expect(try bench.demand().limit == 4)
        bench.now += 60_000
        bench.deliver(try bench.demand(), count: 0)
        #expect(try bench.demand().limit == 2)
    }

    @Test func keepsAFullBatchOnItsWayOnceHandlersAreQuick() throws {
        var bench = Bench(slots: 2)
        var limits: [Int] = []
        bench.deliver(try bench.demand())
        bench.work(1)
        for _ in 0..<40 {
            let demand = try bench.demand()
            limits.append(demand.limit)
            bench.work(2000)
            bench.deliver(demand)
            bench.now += 1000
        }
        #expect(limits.last == 1000)
        #expect(limits.allSatisfy { $0 <= 1000 })
    }

    @Test func prefetchesNoMoreThanOneReplyOfLargeJobs() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        bench.work(2)
        let demand = try bench.demand()
        #expect(demand.limit == 4)
        // Two of them fill the slots, and the two left in the buffer are as large as a reply can be.
        bench.deliver(demand, size: Limits.replyBytes / 2)
        _ = bench.state.take(0, at: bench.now, wake: &bench.wake)
        _ = bench.state.take(1, at: bench.now, wake: &bench.wake)
        #expect(bench.state.buffer.bytes == Limits.replyBytes)
        guard case .awaitWork = bench.state.plan(at: bench.now) else {
            Issue.record("it asks for more")
            return
        }
        // Jobs that are handed back make room again.
        _ = bench.state.quiet(wake: &bench.wake)
        #expect(bench.state.buffer.bytes == 0)
    }

    @Test func settlesNoMoreBytesAtOnceThanOneReplyBrings() throws {
        var bench = Bench(slots: 2)
        var random: any RandomSource = SeededRandom(seed: 1)
        let result = [UInt8](repeating: 49, count: Limits.replyBytes / 2)
        for counter in 1...5 {
            let settlement = Settlement.of(
                .returned(result: result, truncated: false), job: job(UInt64(counter)), policy: .standard,
                ranMicroseconds: 1, random: &random)
            bench.state.post(settlement, wake: &bench.wake)
        }
        var counts: [Int] = []
        while !bench.state.outbox.isEmpty {
            guard case .call(let settlements, _) = bench.state.plan(at: bench.now) else { throw Unexpected() }
            counts.append(settlements.count)
            bench.state.answered()
        }
        #expect(counts == [2, 2, 1])
    }

    @Test func prefetchesNothingForLongJobs() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        let first = try #require(bench.state.take(0, at: bench.now, wake: &bench.wake))
        _ = bench.state.take(1, at: bench.now, wake: &bench.wake)
        guard case .awaitWork = bench.state.plan(at: bench.now) else { throw Unexpected() }
        bench.now += 10_000_000
        _ = bench.state.finish(0, bench.done(first), wake: &bench.wake)
        #expect(bench.wake.reserver == .awaitingWork)
        // One slot is free, and at most the one recently finished job is prefetched.
        #expect(try bench.demand().limit == 2)
    }

    @Test func takesAtMostABatchOfSettlementsAtOnce() throws {
        var bench = Bench(slots: 2)
        for counter in 1...1500 { bench.state.post(.unstarted(job(UInt64(counter))), wake: &bench.wake) }
        guard case .call(let first, _) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        bench.state.answered()
        guard case .call(let second, _) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        #expect(first.count == 1000 && second.count == 500)
        #expect(first.first?.token.counter == 1 && second.first?.token.counter == 1001)
    }

    @Test func keepsSettlementsOfAFailedCallInOrderAndStopsReserving() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        bench.work(1)
        guard case .call(let sent, let demand?) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        bench.work(1)
        bench.state.callFailed()
        guard case .call(let again, let none) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        #expect(sent.map(\.token.counter) == [1] && again.map(\.token.counter) == [1, 2])
        #expect(none == nil)
        bench.state.answered()
        #expect(try bench.demand().firstCounter == demand.firstCounter + UInt64(demand.limit))
    }

    @Test func sleepsOnceTheStoreHadNothingThoughItWasListening() throws {
        var bench = Bench()
        bench.deliver(try bench.demand(), count: 0)
        guard case .awaitNews(nil) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        bench.state.lookAgain()
        #expect(try bench.demand().listens)
    }

    @Test func quietGivesBackWhatHasNotStarted() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        _ = bench.state.take(0, at: bench.now, wake: &bench.wake)
        #expect(bench.state.quiet(wake: &bench.wake).count == 1)
        guard case .call(let back, nil) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        #expect(back.map(\.kind) == [.handedBack(nil)] && back.map(\.ranMicroseconds) == [nil])
        bench.state.answered()
        guard case .awaitWork(nil) = bench.state.plan(at: bench.now) else { throw Unexpected() }
    }

    @Test func jobsThatArriveAfterQuietGoBackAtOnce() throws {
        var bench = Bench(slots: 2)
        let demand = try bench.demand()
        _ = bench.state.quiet(wake: &bench.wake)
        #expect(bench.deliver(demand).count == 2)
        #expect(bench.state.outbox.count == 2 && bench.state.buffer.isEmpty)
    }

    @Test func prefetchedJobsGoBackAfterAWhileUnstarted() throws {
        var bench = Bench(slots: 1)
        bench.deliver(try bench.demand(), count: 3)
        _ = bench.state.take(0, at: bench.now, wake: &bench.wake)
        bench.now += 249_000
        #expect(bench.state.due(at: bench.now, wake: &bench.wake).reclaimed.isEmpty)
        bench.now += 1000
        #expect(bench.state.due(at: bench.now, wake: &bench.wake).reclaimed.count == 2)
        #expect(bench.state.outbox.count == 2)
    }

    @Test func reservesNothingWhileRunnersGetNoTime() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        bench.now += 250_000
        _ = bench.state.due(at: bench.now, wake: &bench.wake)
        guard case .call(let back, nil) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        #expect(back.count == 2)
        bench.state.answered()
        guard case .awaitWork = bench.state.plan(at: bench.now) else { throw Unexpected() }
        let none = bench.state.take(0, at: bench.now, wake: &bench.wake)
        #expect(none == nil)
        #expect(bench.wake.reserver == .awaitingWork)
        #expect(try bench.demand().limit == 2)
    }

    @Test func notesTheStartOfAPrefetchedJobThatStillRuns() throws {
        var bench = Bench(slots: 2)
        // The reservation starts two of them; the third was prefetched.
        bench.deliver(try bench.demand(), count: 3)
        bench.work(2)
        _ = bench.state.take(0, at: bench.now, wake: &bench.wake)
        bench.now += 19_000
        #expect(bench.state.due(at: bench.now, wake: &bench.wake).starts.isEmpty)
        bench.now += 1000
        let due = bench.state.due(at: bench.now, wake: &bench.wake)
        #expect(due.starts.map(\.token.counter) == [3] && due.starts.map(\.ago) == [20_000])
        #expect(bench.state.due(at: bench.now, wake: &bench.wake).starts.isEmpty)
    }

    @Test func timeoutStopsTheSlotOnce() throws {
        var bench = Bench(slots: 1)
        let demand = try bench.demand()
        var reservation = Reservation()
        reservation.jobs = [job(1, timeout: 5000)]
        bench.state.answered()
        _ = bench.state.deliver(
            reservation, for: demand, leaseFrom: bench.now, at: bench.now, fraction: 0, wake: &bench.wake)
        let running = try #require(bench.state.take(0, at: bench.now, wake: &bench.wake))
        #expect(bench.wake.deadlines && bench.state.armedUntil == bench.now + 5000)
        bench.now += 5000
        #expect(bench.state.due(at: bench.now, wake: &bench.wake).next == bench.now + bench.state.timings.heartbeat)
        #expect(bench.wake.cancelled == [0] && bench.state.running[0]?.stop == .timedOut(5000))
        bench.wake = .init()
        bench.state.stop(0, .cancelled, at: bench.now, wake: &bench.wake)
        #expect(bench.wake.cancelled.isEmpty)
        #expect(bench.state.finish(0, bench.done(running), wake: &bench.wake) == true, "the runner must be replaced")
    }

    @Test func leaseThatIsNotRenewedIsGivenUpAtThreeQuarters() throws {
        var bench = Bench(slots: 1)
        bench.deliver(try bench.demand())
        _ = bench.state.take(0, at: bench.now, wake: &bench.wake)
        bench.now += 5_000_000
        let renewal = bench.state.renewals()[0]
        _ = bench.state.renewed(renewal, RenewReply(), begun: bench.now, at: bench.now, wake: &bench.wake)
        bench.now += 14_999_999
        #expect(bench.state.due(at: bench.now, wake: &bench.wake).next == bench.now + 1)
        bench.now += 1
        _ = bench.state.due(at: bench.now, wake: &bench.wake)
        #expect(bench.state.running[0]?.stop == .leaseLost)
    }

    @Test func suspectRunsAlone() throws {
        var bench = Bench(slots: 4)
        let demand = try bench.demand()
        var reservation = Reservation()
        reservation.jobs = [job(1, crashes: 2)]
        bench.state.answered()
        _ = bench.state.deliver(
            reservation, for: demand, leaseFrom: bench.now, at: bench.now, fraction: 0, wake: &bench.wake)
        let suspect = try #require(bench.state.take(0, at: bench.now, wake: &bench.wake))
        guard case .awaitWork = bench.state.plan(at: bench.now) else { throw Unexpected() }
        _ = bench.state.finish(0, bench.done(suspect), wake: &bench.wake)
        #expect(try bench.demand().limit >= 4)
    }
}

@Suite(.timeLimit(.minutes(1))) struct RenewalTests {
    @Test func listsWhatRunsAndEverythingOld() throws {
        var bench = Bench(slots: 2)
        bench.deliver(try bench.demand())
        bench.work(1)
        _ = bench.state.take(1, at: bench.now, wake: &bench.wake)
        // Job 1 has ended and waits to be settled; job 2 runs. Neither is old yet.
        #expect(bench.state.renewals() == [.init(tokens: [job(2).token], grantedBefore: 1)])
        // Now both are old: an ended job that is not listed would be handed back and run again.
        let second = bench.state.renewals()[0]
        #expect(Set(second.tokens.map(\.counter)) == [1, 2] && second.grantedBefore == 3)
    }

    @Test func whatIsBeingSettledIsNeitherListedNorHandedBack() throws {
        var bench = Bench(slots: 3)
        bench.deliver(try bench.demand())
        bench.work(2)
        _ = bench.state.take(2, at: bench.now, wake: &bench.wake)
        _ = bench.state.renewals()
        guard case .call(let settled, _) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        #expect(settled.map(\.token.counter) == [1, 2])
        #expect(bench.state.renewals() == [.init(tokens: [job(3).token], grantedBefore: 1)])
        // A failed call may have settled nothing, so its settlements are kept.
        bench.state.callFailed()
        #expect(Set(bench.state.renewals()[0].tokens.map(\.counter)) == [1, 2, 3])
    }

    @Test func aLaterBatchOfRenewalsListsOnlyWhatIsStillHeld() throws {
        var bench = Bench(slots: 1)
        for counter in 1...1500 { bench.state.post(.unstarted(job(UInt64(counter))), wake: &bench.wake) }
        bench.state.nextCounter = 3000
        _ = bench.state.renewals()
        let renewals = bench.state.renewals()
        guard case .call = bench.state.plan(at: bench.now) else { throw Unexpected() }
        bench.state.answered()
        #expect(bench.state.stillHeld(renewals[0]) == renewals[0])
        #expect(bench.state.stillHeld(renewals[1]) == renewals[1])
        guard case .call = bench.state.plan(at: bench.now) else { throw Unexpected() }
        bench.state.answered()
        #expect(bench.state.stillHeld(renewals[1]).tokens.isEmpty)
    }

    @Test func leasesOnTheirWayAreNotTakenForLost() throws {
        var bench = Bench(slots: 2)
        let demand = try bench.demand()
        _ = bench.state.renewals()
        bench.state.mayHaveLostReply = true
        #expect(bench.state.renewals().map(\.grantedBefore) == [demand.firstCounter])
    }

    @Test func lostReplyIsHandedBackByTheSecondBeat() throws {
        var bench = Bench(slots: 2)
        _ = try bench.demand()
        bench.state.callFailed()
        _ = bench.state.renewals()
        #expect(bench.state.renewals() == [.init(tokens: [], grantedBefore: 3)])
    }

    @Test func idleWorkerRenewsNothing() {
        var bench = Bench()
        #expect(bench.state.renewals().isEmpty)
    }

    @Test func manyLeasesAreRenewedInBatchesThatHandNothingBackWrongly() {
        var bench = Bench(slots: 1)
        for counter in (1...2500).reversed() {
            bench.state.post(.unstarted(job(UInt64(counter))), wake: &bench.wake)
        }
        bench.state.nextCounter = 3000
        _ = bench.state.renewals()
        let renewals = bench.state.renewals()
        #expect(renewals.map(\.tokens.count) == [1000, 1000, 500])
        #expect(renewals.map(\.grantedBefore) == [1001, 0, 0])
        #expect(renewals[0].tokens.allSatisfy { $0.counter <= 1000 })
    }

    @Test func lossOfPrefetchedJobsMakesRoom() throws {
        var bench = Bench(slots: 1)
        bench.deliver(try bench.demand())
        guard case .awaitWork(nil) = bench.state.plan(at: bench.now) else { throw Unexpected() }
        let renewal = bench.state.renewals()[0]
        var reply = RenewReply()
        reply.lost = [job(1).token]
        _ = bench.state.renewed(renewal, reply, begun: bench.now, at: bench.now, wake: &bench.wake)
        #expect(bench.wake.reserver == .awaitingWork)
    }

    @Test func cancelledAndLostJobsLeaveTheBuffer() throws {
        var bench = Bench(slots: 1)
        bench.deliver(try bench.demand(), count: 4)
        _ = bench.state.take(0, at: bench.now, wake: &bench.wake)
        let renewal = bench.state.renewals()[0]
        #expect(renewal.tokens.count == 4)
        var reply = RenewReply()
        reply.lost = [job(2).token]
        reply.cancelRequested = [job(1).token, job(3).token]
        let back = bench.state.renewed(renewal, reply, begun: bench.now, at: bench.now, wake: &bench.wake)
        #expect(back == [job(3).id])
        #expect(bench.state.outbox.map(\.token.counter) == [3])
        #expect(bench.wake.cancelled == [0] && bench.state.running[0]?.stop == .cancelled)
        #expect(bench.state.buffer.count == 1 && bench.state.buffer.first?.job.token.counter == 4)
    }
}
