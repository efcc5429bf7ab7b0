// How long a failed job waits. The default is the curve that Sidekiq's users know, so a migration changes no
// expectations: about 15 s after the first failure, about a day after the fifteenth, about three weeks over twenty
// attempts.

/// How long a job waits before its next attempt, and after which failures there is none.
public struct RetryPolicy: Sendable {
    /// Returns the delay after a number of failures (1 or more), or nil to make no further attempt. Whatever it
    /// returns, the wait is clamped to the range from zero to ten years.
    public let delay: @Sendable (_ failures: Int, _ failure: Failure, _ random: inout any RandomSource) -> Duration?

    /// Creates a policy from a function of the number of failures so far, the last failure and a source of randomness.
    public init(
        _ delay:
            @escaping @Sendable (_ failures: Int, _ failure: Failure, _ random: inout any RandomSource) -> Duration?
    ) {
        self.delay = delay
    }

    /// The longest delay of the standard curve: 30 days, which it reaches after 41 failures.
    public static let standardCap = Duration.seconds(30 * 86_400)

    /// (failures − 1)⁴ + 15 s, plus a random 0 to 10 s for every failure; at most 30 days.
    public static let standard = RetryPolicy { failures, _, random in
        let n = min(Double(max(1, failures)), 1000)
        let power = (n - 1) * (n - 1) * (n - 1) * (n - 1)
        return min(.held(microseconds: (power + 15 + random.fraction() * 10 * n) * 1_000_000), standardCap)
    }

    /// The same delay after every failure; a negative one counts as zero.
    public static func constant(_ delay: Duration) -> RetryPolicy {
        RetryPolicy { _, _, _ in max(.zero, delay) }
    }

    /// A delay that doubles from `base` up to `cap`; each wait is random between half of the delay and all of it.
    /// Negative durations count as zero.
    public static func exponential(base: Duration, cap: Duration) -> RetryPolicy {
        let first = Double(max(.zero, base).microseconds)
        let most = Double(max(.zero, cap).microseconds)
        return RetryPolicy { failures, _, random in
            let exponent = min(62, max(1, failures) - 1)
            let full = min(most, first * Double(sign: .plus, exponent: exponent, significand: 1))
            return .held(microseconds: full * (0.5 + random.fraction() / 2))
        }
    }

    /// Makes no second attempt.
    public static let never = RetryPolicy { _, _, _ in nil }
}
