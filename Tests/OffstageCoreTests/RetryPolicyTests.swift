// How long a failed job waits before its next attempt.
import OffstageCore
import Testing

@Suite struct RetryPolicyTests {
    private static let failure = Failure(.failed, "broken")

    private static func delay(_ policy: RetryPolicy, _ failures: Int, seed: UInt64 = 1) -> Duration? {
        var random: any RandomSource = SeededRandom(seed: seed)
        return policy.delay(failures, failure, &random)
    }

    @Test func theStandardCurveStaysWithinItsBounds() throws {
        for failures in 1...25 {
            let power = Double(failures - 1) * Double(failures - 1) * Double(failures - 1) * Double(failures - 1)
            for seed in 0..<50 as Range<UInt64> {
                let seconds = Double(try #require(Self.delay(.standard, failures, seed: seed)).microseconds) / 1_000_000
                #expect(seconds >= power + 15 - 0.001, "\(failures)")
                #expect(seconds < power + 15 + 10 * Double(failures) + 0.001, "\(failures)")
            }
        }
        #expect(Set((0..<50).map { Self.delay(.standard, 3, seed: $0) }).count > 40, "it is spread")
    }

    @Test func twentyAttemptsTakeAboutThreeWeeks() throws {
        let total = try (1...19).reduce(0.0) {
            try $0 + Double(#require(Self.delay(.standard, $1)).microseconds) / 86_400_000_000
        }
        #expect((5.0...25.0).contains(total), "\(total) days")
    }

    @Test func absurdNumbersDoNotTrap() {
        for failures in [-1000, -1, 0, 1_000_000, Int.max] {
            #expect(Self.delay(.standard, failures) != nil)
            #expect(Self.delay(.exponential(base: .seconds(1), cap: .seconds(60)), failures) != nil)
        }
    }

    @Test func theStandardCurveStopsAtThirtyDays() throws {
        let cap = Duration.seconds(30 * 86_400)
        #expect(RetryPolicy.standardCap == cap)
        #expect(try #require(Self.delay(.standard, 40)) < cap)
        for failures in [42, 305, 10_000, Int.max] { #expect(Self.delay(.standard, failures) == cap, "\(failures)") }
    }

    @Test func noPolicyTrapsWhateverItIsGiven() throws {
        let durations: [Duration] = [
            .zero, .seconds(-1), .seconds(Int64.min), .seconds(Int64.max), .microseconds(1), .nanoseconds(-1),
            .seconds(Int64.max) * 4, .zero - .seconds(Int64.max) * 4, .seconds(60),
        ]
        for failures in [Int.min, -1, 0, 1, 2, 40, 63, 64, 1000, Int.max] {
            for base in durations {
                #expect(try #require(Self.delay(.constant(base), failures)) >= .zero)
                for cap in durations {
                    let delay = try #require(Self.delay(.exponential(base: base, cap: cap), failures))
                    #expect(delay >= .zero && delay <= max(.zero, cap), "\(base) \(cap) \(failures)")
                }
            }
            #expect(try #require(Self.delay(.standard, failures)) >= .seconds(15))
        }
    }

    @Test func constantAndNever() {
        #expect(Self.delay(.constant(.seconds(7)), 1) == .seconds(7))
        #expect(Self.delay(.constant(.seconds(7)), 99) == .seconds(7))
        #expect(Self.delay(.never, 1) == nil)
    }

    @Test func exponentialDoublesUpToItsCap() throws {
        let policy = RetryPolicy.exponential(base: .seconds(1), cap: .seconds(60))
        for (failures, full) in [(1, 1.0), (2, 2), (5, 16), (7, 60), (70, 60)] {
            for seed in 0..<20 as Range<UInt64> {
                let seconds = Double(try #require(Self.delay(policy, failures, seed: seed)).microseconds) / 1_000_000
                #expect((full / 2 - 0.001...full).contains(seconds), "\(failures): \(seconds)")
            }
        }
    }
}
