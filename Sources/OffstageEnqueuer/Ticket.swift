// What the web side keeps of a job that it has enqueued. A ticket polls the job's record and does not use a return
// queue. Any number of tickets, in any process, can wait for one job without taking its announcement from one another.
public import OffstageCore

/// A claim on the output of an enqueued job.
public struct Ticket<Output: Sendable>: Sendable {
    /// The job that does the work: the one enqueued, or the holder of its unique key.
    public let id: JobID
    /// The receipt of the enqueue; nil for a ticket made from an id.
    public let receipt: EnqueueReceipt?
    private let store: any Inspection
    private let time: any TimeSource

    // The store is polled often at first, for quick jobs, and later at most four times a second.
    private static var shortest: Duration { .milliseconds(2) }
    private static var longest: Duration { .milliseconds(250) }

    init(id: JobID, receipt: EnqueueReceipt?, store: any Inspection, time: any TimeSource) {
        self.id = id
        self.receipt = receipt
        self.store = store
        self.time = time
    }

    /// Waits until the job has ended for good, in whatever state, and returns its record. Without a limit it waits as
    /// long as it takes.
    ///
    /// Throws TicketError.gone, TicketError.timedOut, CancellationError, and what the store throws.
    public func end(within limit: Duration? = nil) async throws -> JobRecord {
        let start = time.monotonicMicroseconds()
        var interval = Self.shortest
        while true {
            guard let record = try await store.find([id]).first ?? nil else { throw TicketError.gone }
            if record.state.isEnded { return record }
            var pause = interval
            if let limit {
                let left = limit - .microseconds(time.monotonicMicroseconds() - start)
                guard left > .zero else { throw TicketError.timedOut(record.state) }
                pause = min(pause, left)
            }
            try await time.sleep(for: pause)
            interval = min(interval * 3 / 2, Self.longest)
        }
    }

    /// Waits for the job to complete. Throws TicketError for any other end.
    private func completed(within limit: Duration?) async throws -> JobRecord {
        let record = try await end(within: limit)
        switch record.state {
        case .completed: return record
        case .cancelled: throw TicketError.cancelled
        default: throw TicketError.discarded(record.errors.last?.message ?? "no reason was given")
        }
    }
}

extension Ticket where Output: Decodable {
    /// Waits for the job to complete and returns what its handler returned.
    ///
    /// Throws TicketError for any other end, for a result that is not such an output, and when the limit has passed.
    /// Also throws CancellationError, and what the store throws.
    public func result(within limit: Duration? = nil) async throws -> Output {
        let record = try await completed(within: limit)
        if record.resultTruncated { throw TicketError.unreadable("it was longer than is kept") }
        do {
            return try JSONReading.decode(Output.self, from: record.result ?? Array("null".utf8))
        } catch {
            throw TicketError.unreadable("it is not a JSON form of \(Output.self): \(JSONReading.reason(error))")
        }
    }
}

extension Ticket where Output == Void {
    /// Waits for the job to complete. Throws TicketError for any other end and when the limit has passed. Also throws
    /// CancellationError, and what the store throws.
    public func result(within limit: Duration? = nil) async throws {
        _ = try await completed(within: limit)
    }
}
