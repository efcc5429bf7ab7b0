// How many jobs a worker reserves while the system refuses to start programs.
import OffstageCore
import Testing

@testable import OffstageWorker

@Suite struct StartLimitTests {
    @Test func noMoreRunThanCouldBeStartedAndOneMoreEachSecond() {
        var limit = StartLimit()
        #expect(limit.allowed(at: 0, of: 16) == .max)
        // 16 were reserved, and 10 of them were refused one after the other.
        for others in (6...15).reversed() { limit.failed(at: 1_000_000, others: others) }
        #expect(limit.pausedUntil == 1_100_000)
        #expect(limit.allowed(at: 1_100_000, of: 16) == 6)
        #expect(limit.allowed(at: 4_000_000, of: 16) == 9)
        #expect(limit.allowed(at: 11_000_000, of: 16) == 16)
        #expect(limit.allowed(at: 11_000_000, of: 16) == .max)
    }

    @Test func whereNothingCanBeStartedThePausesGrow() {
        var limit = StartLimit()
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<9 {
            limit.failed(at: now, others: 0)
            pauses.append(limit.pausedUntil - now)
            now = limit.pausedUntil
        }
        #expect(pauses == [100_000, 200_000, 400_000, 800_000, 1_600_000, 3_200_000, 5_000_000, 5_000_000, 5_000_000])
        #expect(limit.allowed(at: now - 5_000_000, of: 16) == 1)
        limit.failed(at: now + 60_000_000, others: 0)
        #expect(limit.pausedUntil == now + 60_100_000)
    }

    @Test func theDispatchStateHandsBackAndPauses() {
        var state = DispatchState(slots: 4, timings: Timings())
        guard case .call(_, let first?) = state.plan(at: 0) else { return #expect(Bool(false)) }
        #expect(first.limit == 4)
        state.answered()
        var wake = DispatchState.Wake()
        _ = state.deliver(Reservation(), for: first, leaseFrom: 0, at: 0, fraction: 0, wake: &wake)
        #expect(state.couldNotStart(at: 1000, wake: &wake) == 0)
        guard case .awaitWork(let pause?) = state.plan(at: 1000) else { return #expect(Bool(false)) }
        #expect(pause == 100_000)
        state.lookAgain()
        guard case .call(_, let second?) = state.plan(at: 101_000) else { return #expect(Bool(false)) }
        #expect(second.limit == 1)
    }
}
