// A job as a worker gets it, from its record: for stores that keep whole records, and for whoever speaks of an attempt
// after its end.

extension ReservedJob {
    /// What a reservation gives of a job.
    package init(_ record: JobRecord, token: Token) {
        self.init(
            token: token, type: record.type, queue: record.queue, arguments: record.arguments,
            priority: record.priority, maxAttempts: record.maxAttempts, enqueuedAt: record.enqueuedAt,
            runAt: record.runAt)
        crashes = record.crashes
        isSuspect = record.isSuspect
        interruptions = record.interruptions
        timeoutMicroseconds = record.timeoutMicroseconds
        expiresAt = record.expiresAt
        tags = record.tags
        metadata = record.metadata
        parent = record.parent
        checkpoint = record.checkpoint
    }
}
