// What became of a job, and its lease. Scripts/records.lua and Scripts/leases.lua describe the layouts.
import OffstageCore

/// A job's status.
struct StatusRecord {
    var state = JobState.available
    var runAt: Timestamp?
    var failures = 0
    var attempt = 0
    var maxAttempts: Int?
    var crashes = 0
    var suspectedAt = 0
    var interruptions = 0
    var attemptedAt: Timestamp?
    var finishedAt: Timestamp?
    var keepUntil: Timestamp?
    var cancelRequestedAt: Timestamp?
    /// The job's own expiry. `.some(nil)` means that it has none any more, nil that the submitted one applies.
    var expiresAt: Timestamp??
    var errors: [JobError] = []
    var progress: Progress?
    var checkpoint: [UInt8]?
    var result: [UInt8]?
    var resultTruncated = false

    /// Reads a status in either form.
    init(_ raw: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(raw)
        try reader.skip(20)
        let kind: UInt8 = try reader.number()
        if kind == 254 {
            try readCompleted(&reader)
            return
        }
        guard let state = JobState(rawValue: Int(try reader.number(UInt8.self))) else { throw ByteReader.broken }
        self.state = state
        runAt = try reader.optionalMoment()
        failures = Int(try reader.number(UInt32.self))
        attempt = Int(try reader.number(UInt32.self))
        let attempts = Int(try reader.number(UInt32.self))
        maxAttempts = attempts == 0 ? nil : attempts
        crashes = Int(try reader.number(UInt16.self))
        suspectedAt = Int(try reader.number(UInt8.self))
        interruptions = Int(try reader.number(UInt32.self))
        attemptedAt = try reader.optionalMoment()
        finishedAt = try reader.optionalMoment()
        keepUntil = try reader.optionalMoment()
        cancelRequestedAt = try reader.optionalMoment()
        let expires: Int64 = try reader.number()
        if expires >= 0 { expiresAt = .some(expires == 0 ? nil : Timestamp(kept: expires)) }
        let flags: UInt8 = try reader.number()
        if flags & 32 != 0 { errors = try Self.errors(try reader.sized()) }
        if flags & 2 != 0 { progress = try Self.progress(try reader.sized()) }
        if flags & 4 != 0 { checkpoint = Array(try reader.sized()) }
        if flags & 8 != 0 { result = Array(try reader.sized()) }
        resultTruncated = flags & 1 != 0
    }

    /// Reads the short form, of a job that completed the first time it ran.
    private mutating func readCompleted(_ reader: inout ByteReader) throws {
        state = .completed
        attempt = 1
        let startedAt = try reader.optionalMoment()
        let finishedAt = try reader.moment()
        self.finishedAt = finishedAt
        keepUntil = try reader.moment()
        try reader.skip(1)
        let flags: UInt8 = try reader.number()
        let ran: Int64 = try reader.number()
        attemptedAt = startedAt ?? finishedAt - .microseconds(ran)
        resultTruncated = flags & 1 != 0
        if flags & 2 != 0 { result = Array(try reader.sized()) }
    }

    private static func errors(_ raw: UnsafeRawBufferPointer) throws -> [JobError] {
        var reader = ByteReader(raw)
        var errors: [JobError] = []
        while reader.left > 0 {
            let at = try reader.moment()
            let attempt = Int(try reader.number(UInt32.self))
            let kind = Int(try reader.number(UInt8.self))
            guard FailureKind.allCases.indices.contains(kind) else { throw ByteReader.broken }
            let message = try reader.text(Int(try reader.number(UInt16.self)))
            errors.append(JobError(at: at, attempt: attempt, kind: FailureKind.allCases[kind], message: message))
        }
        return errors
    }

    private static func progress(_ raw: UnsafeRawBufferPointer) throws -> Progress {
        var reader = ByteReader(raw)
        let fraction = Double(bitPattern: try reader.number(UInt64.self))
        return Progress(fraction: fraction, note: try reader.text(reader.left))
    }
}

extension Progress {
    /// Writes the fraction's bits, then the note.
    func write(into writer: inout ByteWriter) {
        writer.add(fraction.bitPattern)
        writer.add(note)
    }
}

extension Failure {
    /// Writes kind, length of the message, message.
    func write(into writer: inout ByteWriter) {
        writer.add(UInt8(FailureKind.allCases.firstIndex(of: kind) ?? 0))
        writer.add(UInt16(message.utf8.count))
        writer.add(message)
    }
}

/// The two clocks of a script when it ran.
struct ScriptClock {
    var now: Timestamp
    var monotonic: Int64
}

extension JobRecord {
    /// Reads a row that a script returned: id, record, status, lease.
    init(row: RedisReply, clock: ScriptClock, names: inout LaneNames) throws {
        guard row.elements.count >= 3, let idBytes = row.elements[0].bytes, let raw = row.elements[1].bytes else {
            throw ByteReader.broken
        }
        var idReader = ByteReader(idBytes)
        let asked = try AskedRecord(raw, names: &names)
        self.init(id: try idReader.id(), type: asked.type, runAt: asked.runAt, enqueuedAt: asked.enqueuedAt)
        arguments = asked.arguments
        queue = asked.queue
        priority = asked.priority
        state = asked.runAt > asked.enqueuedAt ? .scheduled : .available
        maxAttempts = asked.maxAttempts
        timeoutMicroseconds = asked.timeoutMicroseconds
        expiresAt = asked.expiresAt
        uniqueKey = asked.uniqueKey
        tags = asked.tags
        metadata = asked.metadata
        parent = asked.parent
        returnQueue = asked.returnQueue
        if let raw = row.elements[2].bytes { try read(StatusRecord(raw)) }
        if row.elements.count > 3, let raw = row.elements[3].bytes {
            try readLease(raw, clock: clock)
        }
    }

    private mutating func read(_ status: StatusRecord) {
        state = status.state
        runAt = status.runAt ?? runAt
        attempt = status.attempt
        maxAttempts = status.maxAttempts ?? maxAttempts
        crashes = status.crashes
        suspectedAt = status.suspectedAt
        interruptions = status.interruptions
        attemptedAt = status.attemptedAt
        finishedAt = status.finishedAt
        cancelRequestedAt = status.cancelRequestedAt
        if let own = status.expiresAt { expiresAt = own }
        errors = status.errors
        progress = status.progress
        checkpoint = status.checkpoint
        result = status.result
        resultTruncated = status.resultTruncated
    }

    private mutating func readLease(_ raw: UnsafeRawBufferPointer, clock: ScriptClock) throws {
        var reader = ByteReader(raw)
        state = .running
        worker = WorkerID(bits: try reader.number())
        try reader.skip(16)
        let leaseAttempt = Int(try reader.number(UInt32.self))
        let startedAt = try reader.optionalMoment()
        let deadline: Int64 = try reader.number()
        leaseUntil = clock.now + .microseconds(deadline - clock.monotonic)
        guard let startedAt else { return }
        isStarted = true
        attempt = leaseAttempt
        attemptedAt = startedAt
    }
}
