// The first program that opens a namespace creates it. From then on its layout and its number of partitions are fixed,
// and stored in the first partition's "meta". Its identity, sixteen random bytes, is stored in every partition. Every
// script compares it, so that no program works on a namespace that vanished and was created again
// (Scripts/identity.lua).
import OffstageCore

/// A namespace on a server.
struct Namespace {
    /// A namespace that was found or created.
    struct Found {
        let partitions: Int
        let identity: [UInt8]
    }

    private struct Part {
        /// Negative if there is none.
        var layout = -1
        var partitions = 0
        var identity: [UInt8] = []
        var isWhole = false
        var wrong: [String] = []

        /// Whether the partition does not exist and was not created.
        var isAbsent: Bool { identity.isEmpty && wrong.isEmpty && (layout < 0 || layout == RedisStore.layout) }
    }

    private enum Step: String {
        case first, other, whole
    }

    let name: String
    let caller: ScriptCaller
    let location: String

    /// Opens the namespace, and creates it if there is none. Throws if this program cannot use it.
    func open(partitions: Int) async throws -> Found {
        let first = Partition(namespace: name, index: 0)
        let part = try await ask(.first, first, caller.requestID(), partitions, mayMake: true)
        if part.layout > RedisStore.layout {
            throw StoreError.newerSchema(found: part.layout, known: RedisStore.layout, location: location)
        }
        if part.layout < RedisStore.layout {
            throw StoreError.olderSchema(found: part.layout, known: RedisStore.layout, location: location)
        }
        guard (1...4096).contains(part.partitions) else { throw ByteReader.broken }
        let all = Partitions(namespace: name, count: part.partitions)
        // The program that created it may have died before all partitions had their identity.
        try await check(Array(all.all.dropFirst()), part.identity, mayMake: !part.isWhole)
        if !part.isWhole { _ = try await ask(.whole, first, part.identity, part.partitions, mayMake: false) }
        return Found(partitions: part.partitions, identity: part.identity)
    }

    /// Checks that partitions have this identity and contain no foreign keys, and that the user may run every command
    /// there.
    func check(_ partitions: [Partition], _ identity: [UInt8], mayMake: Bool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for partition in partitions {
                group.addTask { try await self.check(partition, identity, mayMake: mayMake) }
            }
            try await group.waitForAll()
        }
    }

    private func check(_ partition: Partition, _ identity: [UInt8], mayMake: Bool) async throws {
        let part = try await ask(.other, partition, identity, 0, mayMake: mayMake)
        if part.isAbsent {
            throw StoreError.lost(
                "\(location): partition \(partition.index) of namespace \(name) is gone, and its jobs with it: bring "
                    + "its data back, or go on without with HDEL \(Partition(namespace: name, index: 0).base)meta whole"
            )
        }
        if part.identity != identity {
            throw StoreError.lost(
                "\(location): partition \(partition.index) holds jobs of another namespace that was called \(name): "
                    + "partition 0 was lost and made anew; choose another ?namespace=NAME, or remove what is left")
        }
    }

    /// Runs the script on a partition. In a cluster, creates nothing before all nodes have confirmed that nothing is
    /// there.
    private func ask(
        _ step: Step, _ partition: Partition, _ identity: [UInt8], _ partitions: Int, mayMake: Bool
    ) async throws -> Part {
        let client = caller.client
        var part = try await run(step, partition, identity, partitions, mayMake: mayMake && !client.isCluster)
        let clock = SystemTime()
        let deadline = clock.monotonicMicroseconds() + caller.patience.microseconds
        while part.isAbsent, mayMake, client.isCluster {
            switch await client.inspect(slot: partition.slot) {
            case .whole: part = try await run(step, partition, identity, partitions, mayMake: true)
            case .open(let why):
                guard clock.monotonicMicroseconds() < deadline else {
                    throw StoreError.busy("\(location): namespace \(name) cannot be looked for: \(why)")
                }
                try await clock.sleep(for: .milliseconds(100))
                part = try await run(step, partition, identity, partitions, mayMake: false)
            }
        }
        if let wrong = part.wrong.first { throw unusable(wrong) }
        return part
    }

    private func run(
        _ step: Step, _ partition: Partition, _ identity: [UInt8], _ partitions: Int, mayMake: Bool
    ) async throws -> Part {
        try await caller.run(
            caller.scripts.open, on: partition,
            { command in
                command.append(step.rawValue)
                command.append(mayMake ? "1" : "0")
                command.append(identity)
                command.append(caller.client.isCluster ? "1" : "0")
                command.append(RedisStore.layout)
                command.append(partitions)
            },
            read: { reply in
                Part(
                    layout: Int(try reply.part(0).number()), partitions: Int(try reply.part(1).number()),
                    identity: Array(try reply.part(2).raw()), isWhole: try reply.part(3).number() == 1,
                    wrong: reply.elements.dropFirst(4).map { $0.text ?? "" })
            })
    }

    private func unusable(_ what: String) -> StoreError {
        if what.hasPrefix("may not ") {
            return .unusable(
                "\(location): its user \(what), without which a job could be stored and reported as failed: give it "
                    + "+@all -@admin -@dangerous +info +role ~{\(name).* &{\(name).*")
        }
        return .unusable(
            "\(location): something else uses the names of namespace \(name): \(what); choose another with "
                + "?namespace=NAME")
    }

    /// The namespace's layout, nil if there is none.
    func layout() async throws -> Int? {
        let part = try await run(
            .first, Partition(namespace: name, index: 0), caller.requestID(), 0, mayMake: false)
        if let wrong = part.wrong.first { throw unusable(wrong) }
        return part.layout < 0 ? nil : part.layout
    }

    /// Migrates a namespace from layout 1 to layout 2. The first partition comes last, because it records the layout.
    func migrate() async throws {
        let first = Partition(namespace: name, index: 0)
        let command = RedisCommand("HGET", "\(first.base)meta", "partitions")
        let count = try await caller.client.call(command, slot: first.slot, patience: caller.patience) { reply in
            Int(try reply.number())
        }
        guard (1...4096).contains(count) else { throw ByteReader.broken }
        for partition in Partitions(namespace: name, count: count).all.reversed() {
            while try await caller.run(
                caller.scripts.migrate, on: partition, { $0.append(partition.index == 0 ? 1 : 0) },
                read: { try $0.number() == 1 })
            {}
        }
    }
}
