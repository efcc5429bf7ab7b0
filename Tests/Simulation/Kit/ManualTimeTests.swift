// The clock that tests advance manually.
import OffstageCore
import OffstageTesting
import Testing

@Suite struct ManualTimeTests {
    @Test func itStandsStillUntilItIsTurned() {
        let time = ManualTime()
        let (wall, monotonic) = (time.now(), time.monotonicMicroseconds())
        #expect(time.now() == wall)
        time.advance(by: .seconds(5))
        #expect(time.now() == wall + .seconds(5))
        #expect(time.monotonicMicroseconds() == monotonic + 5_000_000)
        time.step(by: .seconds(-60))
        #expect(time.now() == wall - .seconds(55))
        #expect(time.monotonicMicroseconds() == monotonic + 5_000_000)
        let boot = time.bootID
        time.reboot()
        #expect(time.bootID != boot)
    }

    @Test func sleepersWakeWhenTheirTimeHasCome() async throws {
        let time = ManualTime()
        let early = TestSignal()
        let late = TestSignal()
        let sleepers = [
            Task {
                try await time.sleep(for: .seconds(1))
                early.set()
            },
            Task {
                try await time.sleep(for: .seconds(2))
                late.set()
            },
        ]
        #expect(await TestSignal.holds { time.sleepers == 2 })
        #expect(time.nextWake == .seconds(1))
        time.step(by: .seconds(100))
        time.advance(by: .seconds(1))
        #expect(await early.wait())
        #expect(time.sleepers == 1)
        #expect(!late.isSet)
        time.advance(by: .seconds(1))
        #expect(await late.wait())
        for sleeper in sleepers { try await sleeper.value }
        #expect(time.nextWake == nil)
    }

    @Test func aCancelledSleepThrows() async throws {
        let time = ManualTime()
        let asleep = Task { try await time.sleep(for: .seconds(1)) }
        #expect(await TestSignal.holds { time.sleepers == 1 })
        asleep.cancel()
        await #expect(throws: CancellationError.self) { try await asleep.value }
        #expect(time.sleepers == 0)
        let cancelledBefore = Task {
            while !Task.isCancelled { await Task.yield() }
            try await time.sleep(for: .seconds(1))
        }
        cancelledBefore.cancel()
        await #expect(throws: CancellationError.self) { try await cancelledBefore.value }
        #expect(time.sleepers == 0)
    }

    @Test func aSleepOfNoTimeReturnsAtOnce() async throws {
        try await ManualTime().sleep(for: .zero)
        try await ManualTime().sleep(for: .seconds(-1))
    }
}
