// The places where a rule of the style does not hold, each with the reason. Nothing else is let off.

enum Allowed {
    struct Place {
        /// The file's path from the package's root, or its beginning.
        var path: String
        var reason: String
    }

    /// The longest a file of `Sources/` may be, and the longest that a reason here can excuse.
    static let fileLength = 400
    static let fileLengthWithReason = 500
    static let functionLength = 70
    static let lineLength = 120

    private static let systemTime = Place(
        path: "Sources/OffstageCore/Time/SystemTime.swift",
        reason: "the machine's own clocks, the only place that sleeps")

    static let longFiles: [Place] = []

    static let longFunctions: [Place] = []

    static let wallClock: [Place] = [systemTime]

    static let sleep: [Place] = [
        systemTime,
        Place(
            path: "Sources/OffstageSQLite/WriterLock.swift",
            reason: "polls a file lock for at most 100 ms, on the writing thread"),
        Place(
            path: "Sources/OffstageSQLite/WriterLock+Patience.swift",
            reason: "polls a file lock up to the store's patience, on a thread that may block"),
    ]

    static let print: [Place] = []

    static let fatalError: [Place] = []

    static func excuses(_ places: [Place], _ path: String) -> Bool {
        places.contains { path == $0.path || path.hasPrefix($0.path + "/") }
    }
}
