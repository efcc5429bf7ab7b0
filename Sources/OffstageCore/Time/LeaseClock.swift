// The clock that leases run by. It counts the time during which the store is written to: every writing verb of a job's
// life advances it, and a gap longer than two heartbeats (half a lease) counts as two heartbeats. So an outage (a
// frozen server, a locked file, a suspended machine, a clock that was set forward) uses up at most half of any lease,
// and a live worker can renew before its leases run out. A clock that was set back uses up nothing.
//
// A store keeps the three numbers with its jobs, and reads and writes them in its transactions. Writing them with every
// call would cost a page each time. An imprecision of a twentieth of a lease does no harm.

/// The lease clock of a store.
public struct LeaseClock: Sendable, Hashable {
    /// The lease time when it was last advanced, in microseconds.
    public private(set) var time: Int64
    /// The store's monotonic clock at that moment, in microseconds.
    public private(set) var seen: Int64
    /// The lease time at the end of the last gap that was shortened; `Int64.min` if there was none.
    public private(set) var outage: Int64
    private let lease: Int64

    /// Creates a clock that begins now: its lease time is the monotonic time.
    public init(at monotonic: Int64, lease: Duration) {
        self.init(time: monotonic, seen: monotonic, outage: .min, lease: lease)
    }

    /// Creates a clock from the numbers that a store has kept.
    public init(time: Int64, seen: Int64, outage: Int64, lease: Duration) {
        self.time = time
        self.seen = seen
        self.outage = outage
        self.lease = max(20, lease.microseconds)
    }

    /// The longest gap that is counted in full: two heartbeats, half a lease.
    private var longestGap: Int64 { lease / 2 }

    /// The time since the clock was last advanced; 0 if the monotonic clock was set back.
    private func gap(at monotonic: Int64) -> Int64 {
        let gap = monotonic.subtractingReportingOverflow(seen)
        return gap.overflow ? 0 : max(0, gap.partialValue)
    }

    /// Returns the lease time at a monotonic moment, in microseconds.
    public func now(at monotonic: Int64) -> Int64 { time + min(gap(at: monotonic), longestGap) }

    /// Advances the clock to a monotonic moment. Returns whether it changed and must be stored; a gap of less than a
    /// twentieth of a lease is left for the next call.
    public mutating func advance(to monotonic: Int64) -> Bool {
        let gap = gap(at: monotonic)
        guard monotonic < seen || gap >= lease / 20 else { return false }
        time = now(at: monotonic)
        if gap > longestGap { outage = time }
        seen = monotonic
        return true
    }

    /// Records an outage that the monotonic clock does not show: the machine was restarted.
    public mutating func interrupt(at monotonic: Int64) {
        time = now(at: monotonic)
        outage = time
        seen = monotonic
    }

    /// Returns whether the store was in use during the whole time since a lease with this deadline was granted or
    /// renewed.
    public func wasInUse(sinceRenewalOf deadline: Int64) -> Bool { outage <= deadline - lease }
}
