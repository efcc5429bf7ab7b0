// Makes the job that a worker gets from its record, for stores that keep whole records and for code that reports on an
// attempt after its end.

extension ReservedJob {
    /// Creates what a reservation contains of a job.
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
