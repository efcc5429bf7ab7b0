// How far ahead a time may lie, and what it looks like if its unit was mistaken: a moment in the year 59009 is one that
// was counted in nanoseconds, one in January 1970 was counted in milliseconds or seconds. Both are slips that would
// otherwise only show when the job does not run, or runs at once.

extension Limits {
    /// The last microsecond that RFC 3339 can write, the end of the year 9999.
    private static let lastMoment = Timestamp(microseconds: 253_402_300_799_999_999)
    /// The beginning of the year 2000; no queue holds anything older.
    private static let firstMoment = Timestamp(microseconds: 946_684_800_000_000)

    /// Throws one line if a time lies beyond the horizon, or seems to be counted in another unit than microseconds.
    ///
    /// A moment that has passed is not refused: it means at once. `now` is read only for a moment; without it, the
    /// bound is the year 9999.
    public func check(_ when: When, _ what: String, at now: @autoclosure () -> Timestamp?) throws(InvalidJob) {
        if let problem = problem(with: when, what, at: now()) { throw InvalidJob(problem) }
    }

    /// What is wrong with a time, in one line; nil if nothing is.
    func problem(with when: When, _ what: String, at now: @autoclosure () -> Timestamp?) -> String? {
        switch when {
        case .now: return nil
        case .after(let delay):
            guard delay < .zero || delay > horizon else { return nil }
            return "the \(what) must lie between now and ten years ahead"
        case .at(let moment):
            let now = now()
            let first = now.map { $0 - horizon } ?? Self.firstMoment
            let last = now.map { $0 + horizon } ?? Self.lastMoment
            if moment > last {
                let inNanoseconds = Timestamp(microseconds: moment.microseconds / 1000)
                return "the \(what), \(moment), lies more than ten years ahead"
                    + (first...last ~= inNanoseconds
                        ? "; it seems to be counted in nanoseconds, not microseconds" : "")
            }
            guard moment < first else { return nil }
            for (unit, factor) in [("milliseconds", 1000), ("seconds", 1_000_000)] as [(String, Int64)] {
                let (scaled, overflow) = moment.microseconds.multipliedReportingOverflow(by: factor)
                if !overflow, (first...last).contains(Timestamp(microseconds: scaled)) {
                    return "the \(what), \(moment), seems to be counted in \(unit), not microseconds"
                }
            }
            return nil
        }
    }
}
