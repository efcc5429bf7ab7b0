// The isolation features of this kernel. The kernel itself is asked, because its version proves little: distributions
// remove features, and containers forbid calls. Each missing feature is described in one line, and `offstage up` prints
// these lines. Components run anyway, with the features that exist.
import CSystem

/// The isolation features that this kernel has.
public struct KernelSupport: Sendable, Hashable {
    /// The version of the Landlock interface, from 1; 0 if there is none.
    public var landlockVersion: Int
    /// Whether programs' system calls can be filtered.
    public var hasFilters: Bool
    /// Whether one call can close a range of descriptors; otherwise they are closed one by one.
    public var hasCloseRange: Bool
    /// Whether this user may limit components with control groups.
    public var hasControlGroups: Bool

    /// Creates the value.
    public init(landlockVersion: Int, hasFilters: Bool, hasCloseRange: Bool, hasControlGroups: Bool) {
        self.landlockVersion = landlockVersion
        self.hasFilters = hasFilters
        self.hasCloseRange = hasCloseRange
        self.hasControlGroups = hasControlGroups
    }

    /// Asks the running kernel.
    public static func read() -> KernelSupport {
        KernelSupport(
            landlockVersion: Int(offstage_landlock_version()), hasFilters: offstage_has_filters() == 1,
            hasCloseRange: offstage_has_close_range() == 1, hasControlGroups: ControlGroups.delegated() != nil)
    }

    /// One line for each missing feature, the most serious first; empty if none is missing.
    public var missing: [String] {
        var lines: [String] = []
        if !hasFilters {
            lines.append("no system call filters (seccomp): workers can accept connections")
        }
        if landlockVersion == 0 {
            lines.append(
                "no Landlock (Linux 5.13 or newer with landlock among its security modules): "
                    + "workers can read and write whatever this user can")
            lines.append("no Landlock: workers can send signals to every process of this user")
        } else {
            lines += missingOfLandlock
        }
        if !hasControlGroups {
            lines.append(
                "no control group that this user may divide: memory is limited for each process and not for a component"
                    + " as a whole, and workers stand back by their nice value")
        }
        return lines
    }

    private var missingOfLandlock: [String] {
        let pieces: [(since: Int, line: String)] = [
            (2, "workers cannot move or link files from one folder to another, within their own either"),
            (3, "workers can cut the length of files that are not theirs (truncate) if permissions let them"),
            (4, "workers can bind TCP ports, though not accept connections on them"),
            (5, "workers can send control commands to the few devices they may open"),
            (6, "workers can send signals to every process of this user, and reach its abstract sockets"),
        ]
        return pieces.filter { landlockVersion < $0.since }.map {
            "Landlock \(landlockVersion), not \($0.since): \($0.line)"
        }
    }
}
