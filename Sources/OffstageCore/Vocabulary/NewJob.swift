// A job on its way to a store: everything that the enqueuer knows, and nothing that a store decides. It is a plain
// value, so a batch of them crosses the seam in one call. Two of them with the same id are the same job if their types
// and arguments are the same. Everything else may differ between the first sending and the next, for example because a
// deploy raised a limit or tracing put another id into the metadata. The settings of the first sending stay.

/// A job as it is handed to a store.
public struct NewJob: Sendable, Hashable {
    /// The identifier, made by the enqueuer.
    public var id: JobID
    /// Whether the caller chose the identifier. A store then remembers it for 24 h after the job's end, by default.
    public var callerChoseID = false
    /// Whether the identifier is derived from the parent's id and a key. Two jobs with the same id are then the same
    /// job.
    public var idIsDerived = false
    /// The type's name.
    public var type: String
    /// The arguments, kept byte for byte; JSON by default.
    public var arguments: [UInt8]
    /// The queue's name.
    public var queue = "default"
    /// The priority, from 0 (first) to 9 (last).
    public var priority = 4
    /// When the job may start.
    public var start = When.now
    /// How many attempts may count before the job is discarded.
    public var maxAttempts = 20
    /// The longest time that one attempt may run, in microseconds; nil for no limit.
    public var timeoutMicroseconds: Int64?
    /// The time from which on the job must not start.
    public var expires: When?
    /// The rule by which the job is unique; nil if it is not.
    public var unique: UniqueRule?
    /// Tags to find the job by.
    public var tags: [String] = []
    /// Small facts that travel with the job, such as trace ids, tenant and locale.
    public var metadata: [String: String] = [:]
    /// The job whose handler enqueued this one.
    public var parent: JobID?
    /// The return queue on which the job's end is announced.
    public var returnQueue: String?

    /// Creates a job with the default settings.
    public init(id: JobID, type: String, arguments: [UInt8]) {
        self.id = id
        self.type = type
        self.arguments = arguments
    }

    /// The timeout as a duration.
    public var timeout: Duration? {
        get { timeoutMicroseconds.map { .microseconds($0) } }
        set { timeoutMicroseconds = newValue?.microseconds }
    }

    /// A stable 64-bit hash of type and arguments. It distinguishes a repeated enqueue from a different job with the
    /// same id. It is 0 if the id alone decides, and never 0 otherwise.
    public var digest: UInt64 {
        if idIsDerived { return 0 }
        if bearsEarlierDigest { return earlierDigest }
        var hash = FNV1a()
        hash.add(type)
        hash.add(arguments)
        return max(1, hash.value)
    }

    /// Returns whether this is the job that a store knows under its id, sent again. `known` is the digest that the
    /// store keeps. `type` and `arguments` are those of the record; pass nil if the record no longer exists.
    public func isRepeat(ofDigest known: UInt64, type: String?, arguments: [UInt8]?) -> Bool {
        idIsDerived || known == digest || known == earlierDigest || (type == self.type && arguments == self.arguments)
    }

    /// Whether `digest` is the digest of the previous version, for a store that compares digests elsewhere.
    package var bearsEarlierDigest = false

    /// The digest of the previous version of this program, which covered everything in the caller's request. Jobs
    /// stored by that version are still recognised by it.
    package var earlierDigest: UInt64 {
        var hash = FNV1a()
        hash.add(type)
        hash.add(arguments)
        hash.add(queue)
        hash.add(UInt64(priority))
        hash.add(start)
        hash.add(UInt64(maxAttempts))
        hash.add(UInt64(bitPattern: timeoutMicroseconds ?? -1))
        // An optional value is preceded by a number that marks it as present, so that a tag is not taken for a return
        // queue with the same name.
        if let expires {
            hash.add(1)
            hash.add(expires)
        }
        if let unique {
            hash.add(2)
            hash.add(unique.key)
            hash.add(UInt64(unique.release.rawValue * 16 + unique.onConflict.rawValue))
            hash.add(UInt64(bitPattern: unique.window?.microseconds ?? -1))
        }
        hash.add(UInt64(tags.count))
        for tag in tags { hash.add(tag) }
        hash.add(UInt64(metadata.count))
        for key in metadata.keys.sorted() {
            hash.add(key)
            hash.add(metadata[key] ?? "")
        }
        if let parent {
            hash.add(3)
            hash.add(parent.high)
            hash.add(parent.low)
        }
        if let returnQueue {
            hash.add(4)
            hash.add(returnQueue)
        }
        return hash.value
    }

    /// Throws InvalidJob with a one-line message about the first thing that is out of bounds.
    ///
    /// `now` is read only if the job names a moment. Without it, only moments that are implausible on any clock are
    /// refused.
    public func validate(
        _ limits: Limits = Limits(), now: @autoclosure () -> Timestamp? = nil
    ) throws(InvalidJob) {
        let limits = limits.withinRecords
        try Names.check(type, what: "type")
        try Names.check(queue, what: "queue")
        guard arguments.count <= limits.argumentBytes else {
            throw InvalidJob("arguments are \(arguments.count) bytes, over the limit of \(limits.argumentBytes)")
        }
        try JSON.checkDepth(arguments, "arguments")
        guard (0...9).contains(priority) else { throw InvalidJob("priority \(priority) is not between 0 and 9") }
        guard (1...limits.attempts).contains(maxAttempts) else {
            throw InvalidJob("max attempts \(maxAttempts) is not between 1 and \(limits.attempts)")
        }
        if let timeoutMicroseconds {
            guard timeoutMicroseconds > 0, timeoutMicroseconds <= limits.horizon.microseconds else {
                throw InvalidJob("the timeout must be longer than 0 and at most ten years")
            }
        }
        try limits.check(start, "start", at: now())
        if let expires { try limits.check(expires, "expiry", at: now()) }
        try validateLabels(limits)
    }

    private func validateLabels(_ limits: Limits) throws(InvalidJob) {
        if let unique {
            guard (1...limits.uniqueKeyBytes).contains(unique.key.utf8.count) else {
                throw InvalidJob("the unique key must have 1 to \(limits.uniqueKeyBytes) bytes")
            }
            if let window = unique.window, window <= .zero || window > limits.horizon {
                throw InvalidJob("the unique window must be longer than 0 and at most ten years")
            }
        }
        guard tags.count <= limits.tags else {
            throw InvalidJob("\(tags.count) tags are over the limit of \(limits.tags)")
        }
        for tag in tags { try Names.check(tag, what: "tag") }
        let bytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard bytes <= limits.metadataBytes else {
            throw InvalidJob("metadata is \(bytes) bytes, over the limit of \(limits.metadataBytes)")
        }
        for key in metadata.keys { try Names.check(key, what: "metadata key") }
        if let returnQueue { try Names.check(returnQueue, what: "return queue") }
    }
}

/// A 64-bit hash in the manner of FNV-1a, but over 32-bit words for most of the input, with lengths mixed in so that
/// adjacent values cannot run together.
package struct FNV1a {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01b3

    package init() {}

    package mutating func add(_ number: UInt64) {
        value = (value ^ (number & 0xFFFF_FFFF)) &* Self.prime
        value = (value ^ (number >> 32)) &* Self.prime
    }

    package mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    private mutating func add(_ raw: UnsafeRawBufferPointer) {
        add(UInt64(raw.count))
        var at = 0
        // Eight bytes per step: the digest is computed for every job, and only its stability matters.
        while at + 8 <= raw.count {
            add(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
            at += 8
        }
        while at < raw.count {
            value = (value ^ UInt64(raw[at])) &* Self.prime
            at += 1
        }
    }

    package mutating func add(_ when: When) {
        switch when {
        case .now: add(1)
        case .after(let delay):
            add(2)
            add(UInt64(bitPattern: delay.microseconds))
        case .at(let moment):
            add(3)
            add(UInt64(bitPattern: moment.microseconds))
        }
    }
}
