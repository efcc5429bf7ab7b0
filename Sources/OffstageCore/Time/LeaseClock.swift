// The clock that leases run by. It counts the time in which somebody wrote to the store: every writing verb of a job's
// life moves it on, and a gap longer than two heartbeats (half a lease) counts as two heartbeats. So an outage (a
// frozen server, a locked file, a suspended machine, a clock that was set forward) takes at most half of any lease, and
// a worker that is alive can renew before its leases run out. A clock that was set back takes nothing.
//
// A store keeps the three numbers with its jobs, and reads and writes them in its transactions. Writing them with every
// call would cost a page each; a twentieth of a lease of imprecision costs nothing.

/// The lease clock of a store.
public struct LeaseClock: Sendable, Hashable {
    /// The lease time when it was last moved on, in microseconds.
    public private(set) var time: Int64
    /// The store's monotonic clock at that moment, in microseconds.
    public private(set) var seen: Int64
    /// The lease time at the end of the last gap that was cut short; `Int64.min` if there was none.
    public private(set) var outage: Int64
    private let lease: Int64

    /// A clock that begins now: its lease time is the monotonic time.
    public init(at monotonic: Int64, lease: Duration) {
        self.init(time: monotonic, seen: monotonic, outage: .min, lease: lease)
    }

    /// A clock as a store has kept it.
    public init(time: Int64, seen: Int64, outage: Int64, lease: Duration) {
        self.time = time
        self.seen = seen
        self.outage = outage
        self.lease = max(20, lease.microseconds)
    }

    /// The longest gap that is counted in full: two heartbeats, half a lease.
    private var longestGap: Int64 { lease / 2 }

    /// The time since the clock was moved on; 0 if the monotonic clock was set back.
    private func gap(at monotonic: Int64) -> Int64 {
        let gap = monotonic.subtractingReportingOverflow(seen)
        return gap.overflow ? 0 : max(0, gap.partialValue)
    }

    /// The lease time at a monotonic moment.
    public func now(at monotonic: Int64) -> Int64 { time + min(gap(at: monotonic), longestGap) }

    /// Moves the clock on to a monotonic moment. Returns whether it changed and must be kept: less than a twentieth of
    /// a lease is left for the next call.
    public mutating func advance(to monotonic: Int64) -> Bool {
        let gap = gap(at: monotonic)
        guard monotonic < seen || gap >= lease / 20 else { return false }
        time = now(at: monotonic)
        if gap > longestGap { outage = time }
        seen = monotonic
        return true
    }

    /// Notes an outage that the monotonic clock does not show: the machine was started again.
    public mutating func interrupt(at monotonic: Int64) {
        time = now(at: monotonic)
        outage = time
        seen = monotonic
    }

    /// Whether the store was in use all the time since a lease with this deadline was granted or renewed.
    public func wasInUse(sinceRenewalOf deadline: Int64) -> Bool { outage <= deadline - lease }
}
