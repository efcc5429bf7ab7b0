// What a component may do, as a value: the supervisor puts one together, the kernel enforces it. It is one direction
// only, from everything this user may do to less, and for good: neither the program nor a child of it, nor a program
// with the set-user-id bit, gets anything back. docs/isolation.md tells what is enforced by what, and what is not.

/// What a started program may do, whatever it is and whatever it starts.
public struct Confinement: Sendable, Hashable {
    /// A user to become, by numbers, without further groups; only root can.
    public struct User: Sendable, Hashable {
        /// The user's number.
        public var user: UInt32
        /// The number of its only group.
        public var group: UInt32

        /// Names a user.
        public init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// Whether it is only limited and stands back, and may do all that the supervisor may: then nothing counts but
    /// memory, descriptors, priority, user and control group.
    public var onlyLimits = false
    /// Whether files are restricted at all; if not, the next three lists mean nothing.
    public var restrictsFiles = true
    /// Existing files and folders to read and execute, with all below them.
    public var readable: [String] = []
    /// Existing files and folders to read, execute and change in any way, with all below them.
    public var writable: [String] = []
    /// Existing files to read and write, though not to execute: devices, mostly.
    public var devices: [String] = []
    /// Whether it may accept connections; if not, it may neither bind TCP ports.
    public var mayListen = false
    /// Whether it may share memory, semaphores and message queues by name with other processes of this user.
    public var mayShareMemory = false
    /// The most memory of its own that each of its processes may ask for; nil: no limit.
    public var memoryBytes: Int?
    /// The most descriptors that each of its processes may have open; nil: as many as the supervisor was started with.
    public var openFiles: Int?
    /// How far it stands back where processors are short: a nice value from 0 to 19.
    public var niceness = 0
    /// Whether it is taken for a batch job, which does not interrupt others when it wakes.
    public var isBatch = false
    /// The permissions that files it makes do not get.
    public var fileMask: UInt32 = 0o077
    /// The user it becomes; nil: it stays the supervisor's.
    public var user: User?
    /// The `cgroup.procs` of the control group it joins; nil: it stays in the supervisor's.
    public var controlGroup: String?
    /// Variables it needs to live with all this, such as `TMPDIR`; they go over those of its launch.
    public var environment: [String: String] = [:]

    /// Makes one that may read and write nothing and not listen.
    public init() {}
}

/// Says why a program cannot be confined: a path that is not there, or a kernel that refuses.
public struct ConfinementError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
