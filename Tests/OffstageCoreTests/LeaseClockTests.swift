// The lease clock: what it counts, what it cuts short, and what it reports about a lease's whole duration.
import OffstageCore
import Testing

@Suite("lease clock")
struct LeaseClockTests {
    static let second: Int64 = 1_000_000

    @Test func itGoesOnWithTheMonotonicClockWhileSomebodyWrites() {
        var clock = LeaseClock(at: 500, lease: .seconds(20))
        var moment: Int64 = 500
        for _ in 0..<100 {
            moment += 5 * Self.second
            #expect(clock.now(at: moment) == moment)
            do {
                let isKept = clock.advance(to: moment)
                #expect(isKept)
            }
        }
        #expect(clock.time == moment)
        #expect(clock.wasInUse(sinceRenewalOf: moment))
    }

    @Test(arguments: [11, 25, 90, 3600]) func aGapLongerThanTwoHeartbeatsCountsAsTwo(seconds: Int64) {
        var clock = LeaseClock(at: 0, lease: .seconds(20))
        let moment = seconds * Self.second
        #expect(clock.now(at: moment) == 10 * Self.second)
        do {
            let isKept = clock.advance(to: moment)
            #expect(isKept)
        }
        #expect(clock.time == 10 * Self.second)
        // A lease from before the gap has not had its full time; one from after it has.
        #expect(!clock.wasInUse(sinceRenewalOf: 29 * Self.second))
        #expect(clock.wasInUse(sinceRenewalOf: 30 * Self.second))
    }

    @Test func aClockThatIsSetBackTakesNothingAndGoesOn() {
        var clock = LeaseClock(at: 1000 * Self.second, lease: .seconds(20))
        #expect(clock.now(at: 880 * Self.second) == 1000 * Self.second)
        do {
            let isKept = clock.advance(to: 880 * Self.second)
            #expect(isKept)
        }
        do {
            let isKept = clock.advance(to: 885 * Self.second)
            #expect(isKept)
        }
        #expect(clock.time == 1005 * Self.second)
        #expect(clock.wasInUse(sinceRenewalOf: 1001 * Self.second))
    }

    @Test func littleTimeIsCountedButNotKept() {
        var clock = LeaseClock(at: 0, lease: .seconds(20))
        do {
            let isKept = clock.advance(to: 999_999)
            #expect(!isKept)
        }
        #expect(clock.now(at: 999_999) == 999_999)
        do {
            let isKept = clock.advance(to: 1_000_000)
            #expect(isKept)
        }
    }

    @Test func extremesDoNotTrap() {
        for moment in [Int64.min, -1, 0, 1, .max] {
            var clock = LeaseClock(time: 5, seen: 7, outage: .min, lease: .zero)
            _ = clock.advance(to: moment)
            _ = clock.now(at: .max)
            clock.interrupt(at: moment)
        }
    }
}
