// How operations call scripts. Every call begins with the identity, the clock (empty in production: the server's own)
// and the settings that scripts need. The reply is parsed on the connection's thread.
package import OffstageCore
import Synchronization

/// The clock that the scripts use.
package enum RedisClock: Sendable {
    /// The server's clock; used in production.
    case server
    /// A clock that is sent with every call, for tests that control time.
    case given(any TimeSource)
}

/// Calls scripts on partitions.
struct ScriptCaller: Sendable {
    let client: RedisClient
    let scripts = RedisScripts()
    let patience: Duration
    /// The namespace's identity; zeros until it is known.
    var identity = [UInt8](repeating: 0, count: Self.identityLength)
    static let identityLength = 16
    private let clock: RedisClock
    private let settings: [UInt8]

    init(client: RedisClient, options: StoreOptions, clock: RedisClock) {
        func span(_ duration: Duration) -> Int64 { min(duration.microseconds, Timestamp.never) }
        self.client = client
        self.clock = clock
        patience = options.patience
        var writer = ByteWriter()
        writer.add(span(options.lease))
        writer.add(span(options.retention.completedAge))
        writer.add(span(options.retention.endedAge))
        writer.add(span(options.retention.callerIDAge))
        writer.add(UInt32(clamping: options.crashesAlone))
        writer.add(span(options.acceptedIDAge))
        for (type, age) in options.retention.completedAgeByType.sorted(by: { $0.key < $1.key }) {
            writer.addShort(type)
            writer.add(span(age))
        }
        settings = writer.bytes
    }

    /// Runs a script on a partition, with the store's patience unless another one is given.
    func run<Answer: Sendable>(
        _ script: RedisScript, on partition: Partition, role: RedisClient.Role = .work, patience: Duration? = nil,
        _ arguments: (inout RedisCommand) -> Void = { _ in },
        read: @escaping @Sendable (RedisReply) throws -> Answer
    ) async throws -> Answer {
        try await client.evaluate(
            script, keys: partition.keys, slot: partition.slot,
            arguments: { command in
                begin(&command)
                arguments(&command)
            }, role: role, patience: patience ?? self.patience, read)
    }

    /// Runs a script on every partition concurrently. Returns the answers in the order of the partitions.
    func runOnAll<Answer: Sendable>(
        _ script: RedisScript, _ partitions: Partitions, role: RedisClient.Role = .work,
        _ arguments: @escaping @Sendable (inout RedisCommand) -> Void = { _ in },
        read: @escaping @Sendable (RedisReply) throws -> Answer
    ) async throws -> [Answer] {
        if partitions.count == 1 {
            return [try await run(script, on: partitions.first, role: role, arguments, read: read)]
        }
        return try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
            for partition in partitions.all {
                group.addTask {
                    (partition.index, try await run(script, on: partition, role: role, arguments, read: read))
                }
            }
            var answers = [Answer?](repeating: nil, count: partitions.count)
            for try await (index, answer) in group { answers[index] = answer }
            return answers.compactMap { $0 }
        }
    }

    /// Sends a script without waiting for its reply.
    func cast(_ script: RedisScript, on partition: Partition, _ arguments: (inout RedisCommand) -> Void) {
        client.castScript(
            script, keys: partition.keys, slot: partition.slot,
            arguments: { command in
                begin(&command)
                arguments(&command)
            })
    }

    /// Makes the command for a script that must be sent together with another command.
    func command(
        _ script: RedisScript, on partition: Partition, _ arguments: (inout RedisCommand) -> Void
    ) -> RedisCommand {
        var command = RedisCommand(script, keys: partition.keys)
        begin(&command)
        arguments(&command)
        return command
    }

    /// Returns sixteen random bytes that identify a repeated call, or a new namespace.
    func requestID() -> [UInt8] {
        var random = SystemRandom()
        var writer = ByteWriter()
        writer.add(random.next())
        writer.add(random.next())
        return writer.bytes
    }

    private func begin(_ command: inout RedisCommand) {
        switch clock {
        case .server: command.append(identity)
        case .given(let time):
            var writer = ByteWriter(capacity: 32)
            writer.add(identity)
            writer.add(time.now())
            writer.add(time.monotonicMicroseconds())
            command.append(writer.bytes)
        }
        command.append(settings)
    }

    /// Returns the store's wall clock.
    func now(_ partition: Partition) async throws -> Timestamp {
        if case .given(let time) = clock { return time.now() }
        return try await client.call(RedisCommand("TIME"), slot: partition.slot, role: .look, patience: patience) {
            reply in
            guard reply.elements.count == 2, let seconds = reply.elements[0].integer,
                let microseconds = reply.elements[1].integer
            else { throw ByteReader.broken }
            return Timestamp(microseconds: seconds * 1_000_000 + microseconds)
        }
    }
}

extension StoreError {
    /// Wraps an error that occurred when a part of the call may already be done: the outcome of the whole is unknown.
    static func afterAPart(_ error: any Error) -> any Error {
        switch error {
        case StoreError.unknownOutcome, StoreError.closed, StoreError.lost: error
        default: StoreError.unknownOutcome("a part of it was done, or may be; then \(error)")
        }
    }
}

extension RedisReply {
    /// Returns an element of an array; throws if it is missing.
    func part(_ index: Int) throws -> RedisReply {
        guard index < elements.count else { throw ByteReader.broken }
        return elements[index]
    }

    /// Returns the number; throws if it is none.
    func number() throws -> Int64 {
        guard let integer else { throw ByteReader.broken }
        return integer
    }

    /// Returns the bytes of a text; throws if it is none.
    func raw() throws -> UnsafeRawBufferPointer {
        guard let bytes else { throw ByteReader.broken }
        return bytes
    }
}
