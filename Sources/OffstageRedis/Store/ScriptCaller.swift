// How verbs call scripts: every call begins with the clock (empty in production: the server's own) and the settings
// that scripts need to know; its answer is read on the connection's thread.
package import OffstageCore
import Synchronization

/// Whose clock the scripts go by.
package enum RedisClock: Sendable {
    /// The server's, as it should be.
    case server
    /// One that is given with every call, for tests that turn it by hand.
    case given(any TimeSource)
}

/// Calls scripts on partitions.
struct ScriptCaller: Sendable {
    let client: RedisClient
    let scripts = RedisScripts()
    let patience: Duration
    /// The namespace's identity; until it is known, zeros.
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

    /// Runs a script on a partition; the store's patience holds unless another is given.
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

    /// Runs a script on every partition at once; the answers in the order of the partitions.
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

    /// Sends a script and waits for nothing.
    func cast(_ script: RedisScript, on partition: Partition, _ arguments: (inout RedisCommand) -> Void) {
        client.castScript(
            script, keys: partition.keys, slot: partition.slot,
            arguments: { command in
                begin(&command)
                arguments(&command)
            })
    }

    /// A call of a script that has to go out together with another command.
    func command(
        _ script: RedisScript, on partition: Partition, _ arguments: (inout RedisCommand) -> Void
    ) -> RedisCommand {
        var command = RedisCommand(script, keys: partition.keys)
        begin(&command)
        arguments(&command)
        return command
    }

    /// Sixteen random bytes, by which a call that is sent again is known, or a new namespace.
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

    /// The store's wall clock.
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
    /// An error that came when a part of the call may have been done already: of the whole nothing can be said.
    static func afterAPart(_ error: any Error) -> any Error {
        switch error {
        case StoreError.unknownOutcome, StoreError.closed, StoreError.lost: error
        default: StoreError.unknownOutcome("a part of it was done, or may be; then \(error)")
        }
    }
}

extension RedisReply {
    /// A part of an array, or an error if it is missing.
    func part(_ index: Int) throws -> RedisReply {
        guard index < elements.count else { throw ByteReader.broken }
        return elements[index]
    }

    /// The number, or an error.
    func number() throws -> Int64 {
        guard let integer else { throw ByteReader.broken }
        return integer
    }

    /// The bytes of a text, or an error.
    func raw() throws -> UnsafeRawBufferPointer {
        guard let bytes else { throw ByteReader.broken }
        return bytes
    }
}
