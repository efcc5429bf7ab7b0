// How far ahead a time may be, and how to recognise a mistaken unit: a moment in the year 59009 was counted in
// nanoseconds, one in January 1970 in milliseconds or seconds. Otherwise both mistakes would show only when the job
// does not run, or runs at once.

extension Limits {
    /// The last microsecond that RFC 3339 can write, the end of the year 9999.
    private static let lastMoment = Timestamp(microseconds: 253_402_300_799_999_999)
    /// The start of the year 2000; no queue holds anything older.
    private static let firstMoment = Timestamp(microseconds: 946_684_800_000_000)

    /// Throws InvalidJob with a one-line message if a time is beyond the horizon, or seems to be counted in a unit
    /// other than microseconds.
    ///
    /// A moment in the past is not refused: it means at once. `now` is read only if the time is a moment. Without it,
    /// the bound is the year 9999.
    public func check(_ when: When, _ what: String, at now: @autoclosure () -> Timestamp?) throws(InvalidJob) {
        if let problem = problem(with: when, what, at: now()) { throw InvalidJob(problem) }
    }

    /// Returns what is wrong with a time, in one line; nil if nothing is.
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
