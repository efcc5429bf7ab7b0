// What a component may do, as a value. The supervisor creates it and the kernel enforces it. It only ever takes rights
// away from what this user may do, and permanently: neither the program, nor a child, nor a set-user-id program regains
// any. docs/isolation.md lists what enforces what, and what is not enforced.

/// What a program and everything it starts may do.
public struct Confinement: Sendable, Hashable {
    /// A user to switch to, by number, without supplementary groups. Only root can switch.
    public struct User: Sendable, Hashable {
        /// The user's number.
        public var user: UInt32
        /// The number of its only group.
        public var group: UInt32

        /// Creates a user.
        public init(user: UInt32, group: UInt32) {
            self.user = user
            self.group = group
        }
    }

    /// Whether it only has limits and otherwise may do all that the supervisor may. Then only memory, descriptors,
    /// priority, user and control group apply.
    public var onlyLimits = false
    /// Whether access to files is restricted. If not, the next three lists are ignored.
    public var restrictsFiles = true
    /// Existing files and folders that it may read and execute, with everything below them.
    public var readable: [String] = []
    /// Existing files and folders that it may read, execute and change in any way, with everything below them.
    public var writable: [String] = []
    /// Existing files that it may read and write but not execute, mostly devices.
    public var devices: [String] = []
    /// Whether it may accept connections. If not, it may not bind TCP ports either.
    public var mayListen = false
    /// Whether it may use named shared memory, semaphores and message queues, which other processes of this user can
    /// use too.
    public var mayShareMemory = false
    /// The most memory, in bytes, that each of its processes may allocate for itself; nil means no limit.
    public var memoryBytes: Int?
    /// The most descriptors that each of its processes may have open; nil means the limit the supervisor was started
    /// with.
    public var openFiles: Int?
    /// Its priority when processors are short: a nice value from 0 to 19.
    public var niceness = 0
    /// Whether it runs as a batch job, which does not preempt others when it wakes.
    public var isBatch = false
    /// The file mode creation mask: permissions that its new files do not get.
    public var fileMask: UInt32 = 0o077
    /// The user it switches to; nil means the supervisor's.
    public var user: User?
    /// The `cgroup.procs` of the control group it joins; nil means the supervisor's group.
    public var controlGroup: String?
    /// Variables that it needs under this confinement, such as `TMPDIR`. They override those of its launch.
    public var environment: [String: String] = [:]

    /// Creates a confinement that allows no files and no listening.
    public init() {}
}

/// The reason why a program cannot be confined: a missing path, or a kernel that refuses.
public struct ConfinementError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason, one line.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
