// A namespace is made by whoever opens it first; from then on its layout and its number of partitions are fixed, and
// written under the first partition's "meta".
import OffstageCore

/// A namespace on a server.
enum Namespace {
    /// Makes a namespace or looks what it is; answers its number of partitions. Throws if this program cannot use it.
    static func open(_ name: String, partitions: Int, caller: ScriptCaller, location: String) async throws -> Int {
        let first = Partition(namespace: name, index: 0)
        let (layout, found, wrong) = try await caller.run(
            caller.scripts.open, on: first,
            { command in
                command.append(RedisStore.layout)
                command.append(partitions)
            },
            read: { reply in
                let wrong = reply.elements.dropFirst(3).map { $0.text ?? "" }
                return (
                    Int(try reply.part(0).number()), Int(try reply.part(1).number()), wrong
                )
            })
        if let first = wrong.first { throw taken(name, first, location) }
        if layout > RedisStore.layout {
            throw StoreError.newerSchema(found: layout, known: RedisStore.layout, location: location)
        }
        if layout < RedisStore.layout {
            throw StoreError.olderSchema(found: layout, known: RedisStore.layout, location: location)
        }
        guard (1...4096).contains(found) else { throw ByteReader.broken }
        try await checkOthers(Partitions(namespace: name, count: found), name, caller, location)
        return found
    }

    /// Looks whether somebody else uses the names of the partitions behind the first.
    private static func checkOthers(
        _ partitions: Partitions, _ name: String, _ caller: ScriptCaller, _ location: String
    ) async throws {
        guard partitions.count > 1 else { return }
        let wrong = try await caller.runOnAll(
            caller.scripts.open, partitions,
            { command in
                command.append(RedisStore.layout)
                command.append(0)
            }, read: { reply in reply.elements.dropFirst(3).first.map { $0.text ?? "" } })
        if let first = wrong.compactMap({ $0 }).first { throw taken(name, first, location) }
    }

    private static func taken(_ name: String, _ what: String, _ location: String) -> StoreError {
        .unusable(
            "\(location): something else uses the names of namespace \(name): \(what); choose another with "
                + "?namespace=NAME")
    }

    /// Brings a namespace of layout 1 to layout 2, the first partition last: it tells the layout.
    static func migrate(_ name: String, caller: ScriptCaller) async throws {
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

    /// The layout of a namespace, nil if there is none.
    static func layout(of name: String, caller: ScriptCaller) async throws -> Int? {
        let first = Partition(namespace: name, index: 0)
        let command = RedisCommand("HGET", "\(first.base)meta", "layout")
        return try await caller.client.call(command, slot: first.slot, patience: caller.patience) { reply in
            reply.isNil ? nil : Int(try reply.number())
        }
    }
}
