// Concurrent enqueues are stored together. While one call is in flight, new calls are collected, and they go out as one
// script call of up to a thousand jobs when the reply arrives. There is no timer. A call's patience begins when the
// call is made, not when it is sent: while the server is away, each call fails when its own time is over, and later
// calls are tried again. If replicas are required, WAIT goes out right behind the script. If too few replicas confirm,
// the outcome is unknown.
import OffstageCore
import Synchronization

/// Stores new jobs in one partition.
final class EnqueueGatherer: Sendable {
    private struct Call {
        let jobs: [NewJob]
        /// When its patience ends, in microseconds of the machine's monotonic clock.
        let deadline: Int64
        let continuation: CheckedContinuation<[EnqueueAnswer], any Error>
        /// Whether it was sent, and perhaps done, with other calls whose patience ended first.
        var mayBeDone = false

        /// Its approximate size on the wire, in bytes.
        var size: Int { jobs.reduce(0) { $0 + $1.arguments.count + 256 } }
    }

    private struct State {
        var waiting: [Call] = []
        var isUnderWay = false
    }

    /// The maximum size of a batch of several calls. The server does nothing else while it receives a batch.
    private static let mostBytes = 8 << 20

    private let clock = SystemTime()
    private let caller: ScriptCaller
    private let partition: Partition
    private let replicas: Int
    private let replicaPatience: Duration
    private let state = Mutex(State())

    init(caller: ScriptCaller, partition: Partition, replicas: Int, replicaPatience: Duration) {
        self.caller = caller
        self.partition = partition
        self.replicas = replicas
        self.replicaPatience = replicaPatience
    }

    /// Stores jobs. Returns when the server and the required number of replicas have them.
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        var answers = try await gather(jobs)
        // The previous version may have left only its own digest of a job, which the scripts cannot compute.
        let doubtful = jobs.indices.filter { answers[$0] == .taken(jobs[$0].id) }
        guard !doubtful.isEmpty else { return answers }
        let again = doubtful.map { place in
            var job = jobs[place]
            job.bearsEarlierDigest = true
            return job
        }
        for (place, answer) in zip(doubtful, try await gather(again)) { answers[place] = answer }
        return answers
    }

    private func gather(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        let deadline = clock.monotonicMicroseconds() + caller.patience.microseconds
        return try await withCheckedThrowingContinuation { continuation in
            let isFirst = state.withLock { state in
                state.waiting.append(Call(jobs: jobs, deadline: deadline, continuation: continuation))
                defer { state.isUnderWay = true }
                return !state.isUnderWay
            }
            if isFirst { Task { await self.work() } }
        }
    }

    private func work() async {
        while let calls = next() {
            let deadline = calls.map(\.deadline).min() ?? 0
            do {
                let left = max(caller.patience.microseconds / 8, deadline - clock.monotonicMicroseconds())
                let answers = try await store(calls.flatMap(\.jobs), within: .microseconds(left))
                var at = 0
                for call in calls {
                    call.continuation.resume(returning: Array(answers[at..<at + call.jobs.count]))
                    at += call.jobs.count
                }
            } catch {
                fail(calls, error, isOver: clock.monotonicMicroseconds() >= deadline)
            }
        }
    }

    /// Fails calls. If the time ran out, calls that have some left are tried again instead.
    private func fail(_ calls: [Call], _ error: any Error, isOver: Bool) {
        // Patience that ends soon counts as over; otherwise a thousand calls would be sent again a thousand times.
        let soon = clock.monotonicMicroseconds() + caller.patience.microseconds / 8
        var again: [Call] = []
        for var call in calls {
            if isOver, call.deadline > soon {
                if case StoreError.unknownOutcome = error { call.mayBeDone = true }
                again.append(call)
            } else {
                call.continuation.resume(throwing: call.mayBeDone ? StoreError.afterAPart(error) : error)
            }
        }
        state.withLock { $0.waiting.insert(contentsOf: again, at: 0) }
    }

    /// Takes the waiting calls, up to a batch.
    private func next() -> [Call]? {
        state.withLock { state in
            var count = 0
            var bytes = 0
            let most = state.waiting.prefix { call in
                count += call.jobs.count
                bytes += call.size
                return count <= Limits.batch && bytes <= Self.mostBytes
            }.count
            guard !state.waiting.isEmpty else {
                state.isUnderWay = false
                return nil
            }
            let calls = Array(state.waiting.prefix(max(1, most)))
            state.waiting.removeFirst(calls.count)
            return calls
        }
    }

    private func store(_ jobs: [NewJob], within patience: Duration) async throws -> [EnqueueAnswer] {
        let ids = jobs.map(\.id)
        let read: @Sendable (RedisReply) throws -> [EnqueueAnswer] = { reply in
            // An empty text means that all jobs were stored, which is the usual case.
            guard reply.kind == .array else { return ids.map { _ in .stored(.available) } }
            guard reply.elements.count == ids.count else { throw ByteReader.broken }
            return try zip(reply.elements, ids).map { try Self.answer($0, id: $1) }
        }
        let write: (inout RedisCommand) -> Void = { Self.write(jobs, into: &$0) }
        guard replicas > 0 else {
            return try await caller.run(
                caller.scripts.enqueue, on: partition, role: .enqueue, patience: patience, write, read: read)
        }
        let (answers, reached) = try await caller.client.call(
            pair: (caller.command(caller.scripts.enqueue, on: partition, write), waitCommand), slot: partition.slot,
            role: .enqueue, patience: patience
        ) { reply, waited in (try read(reply), try waited.number()) }
        guard reached >= replicas else {
            throw StoreError.unknownOutcome(
                "the master has it, and \(reached) of the \(replicas) replicas asked for (wait=\(replicas)) had it "
                    + "within \(replicaPatience.microseconds / 1000) ms")
        }
        return answers
    }

    private var waitCommand: RedisCommand {
        RedisCommand("WAIT", "\(replicas)", "\(max(1, replicaPatience.microseconds / 1000))")
    }

    private static func write(_ jobs: [NewJob], into command: inout RedisCommand) {
        command.append(commonLine(of: jobs) ?? "")
        var writer = ByteWriter(capacity: 256)
        for (place, job) in jobs.enumerated() {
            writer.clear()
            writer.add(job.id)
            command.append(writer.bytes)
            writer.clear()
            job.write(place: place, into: &writer)
            command.append(writer.bytes)
        }
    }

    /// Returns the line that all jobs join if every job is plain and the ids ascend; otherwise nil.
    private static func commonLine(of jobs: [NewJob]) -> String? {
        guard let first = jobs.first else { return nil }
        var last: JobID?
        for job in jobs {
            guard job.isPlain, job.queue == first.queue, job.type == first.type, job.priority == first.priority,
                last.map({ $0 < job.id }) ?? true
            else { return nil }
            last = job.id
        }
        return first.line
    }

    private static func answer(_ reply: RedisReply, id: JobID) throws -> EnqueueAnswer {
        var reader = ByteReader(try reply.raw())
        let letter: UInt8 = try reader.number()
        if letter == UInt8(ascii: "X") { return .taken(id) }
        guard let state = JobState(rawValue: Int(try reader.number(UInt8.self))) else { throw ByteReader.broken }
        switch letter {
        case UInt8(ascii: "S"): return .stored(state)
        case UInt8(ascii: "R"): return .repeated(state)
        case UInt8(ascii: "D"): return .duplicate(of: try reader.id(), state)
        case UInt8(ascii: "P"): return .replaced(try reader.id(), state)
        default: throw ByteReader.broken
        }
    }
}
