// A machine that is short of descriptors, processes or memory starts some programs and refuses others. A job whose
// program was refused has not been tried: it is handed back, and this type decides how many jobs the worker reserves
// then. After a refusal nothing is reserved for a pause, which grows while nothing can be started at all. After the
// pause no more jobs run than ran beside the refused one, plus one more each second, so that freed resources are used
// again.

/// Decides how many jobs may run while programs are refused.
struct StartLimit: Sendable {
    private static let firstPause: Int64 = 100_000
    private static let longestPause: Int64 = 5_000_000
    private static let growth: Int64 = 1_000_000

    private var most = Int.max
    private var failedAt: Int64 = 0
    private var failures = 0
    /// Until when nothing is reserved.
    private(set) var pausedUntil = Int64.min

    /// Records a refusal; `others` is how many jobs run beside the refused one.
    mutating func failed(at now: Int64, others: Int) {
        if now - failedAt > 2 * Self.longestPause { failures = 0 }
        failedAt = now
        // Jobs that were reserved together are refused together.
        if now < pausedUntil {
            most = min(most, max(1, others))
            return
        }
        most = max(1, others)
        failures = others == 0 ? failures + 1 : 1
        let pause = min(Self.longestPause, Self.firstPause << min(10, Int64(failures - 1)))
        pausedUntil = now + pause
    }

    /// How many jobs may run at a time.
    mutating func allowed(at now: Int64, of slots: Int) -> Int {
        guard most < .max else { return .max }
        let grown = most + Int(max(0, now - failedAt) / Self.growth)
        if grown >= slots { most = .max }
        return grown
    }
}
