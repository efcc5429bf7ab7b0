// Steering: pausing queues, and changing jobs manually. A request carries an id, so a request whose reply was lost is
// not applied twice.
public import OffstageCore

extension RedisStore {
    /// Pauses or resumes a queue in every partition. Returns whether that changed anything.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        let request = caller.requestID()
        let changes = try await caller.runOnAll(
            caller.scripts.pause, partitions,
            { command in
                command.append(request)
                command.append(queue)
                command.append(paused ? "1" : "0")
            }, read: { try $0.number() == 1 })
        return changes.contains(true)
    }

    /// Changes jobs, by id or by filter.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        switch request.target {
        case .ids(let ids): try await change(ids, request)
        case .filter(let filter, let cursor): try await change(filter, after: cursor, request)
        }
    }

    private func change(_ ids: [JobID], _ request: ChangeRequest) async throws -> ChangeReply {
        var reply = ChangeReply()
        reply.answers = Array(repeating: .notFound, count: ids.count)
        for (turn, (partition, places)) in Self.places(of: ids, partitions).enumerated() {
            do {
                let answers = try await caller.run(
                    caller.scripts.change, on: partitions.all[partition],
                    { command in
                        write(request, into: &command)
                        command.append("ids")
                        for place in places { command.append(ids[place].bytes) }
                    },
                    read: { reply in try reply.elements.map { try Self.answer($0, request.action) } })
                guard answers.count == places.count else { throw ByteReader.broken }
                for (place, answer) in zip(places, answers) { reply.answers[place] = answer }
            } catch { throw turn > 0 ? StoreError.afterAPart(error) : error }
        }
        return reply
    }

    private func change(
        _ filter: JobFilter, after cursor: String?, _ request: ChangeRequest
    ) async throws -> ChangeReply {
        var reply = ChangeReply()
        let order = ListOrder(filter, partitions: partitions.count)
        // The partitions are changed one after the other, because a change needs no order across them.
        let start = try order.step(of: cursor)
        for partition in partitions.all[start.partition...] {
            let step = ListOrder.Step(
                partition: partition.index, rank: partition.index == start.partition ? start.rank : nil)
            // Changes that were made are reported even if a later call would fail: the next call begins here.
            if reply.changed >= Limits.batch {
                reply.next = order.text(step)
                return reply
            }
            do {
                let (changed, refused, next) = try await change(filter, after: step, request)
                reply.changed += changed
                reply.refused += refused
                if let next {
                    reply.next = order.text(ListOrder.Step(partition: partition.index, rank: next))
                    return reply
                }
            } catch {
                guard reply.changed > 0 else { throw error }
                reply.next = order.text(step)
                return reply
            }
        }
        return reply
    }

    private func change(
        _ filter: JobFilter, after step: ListOrder.Step, _ request: ChangeRequest
    ) async throws -> (changed: Int, refused: Int, next: ListOrder.Rank?) {
        try await caller.run(
            caller.scripts.change, on: partitions.all[step.partition],
            { command in
                write(request, into: &command)
                command.append("filter")
                filter.write(into: &command, after: step.rank)
            },
            read: { reply in
                (
                    Int(try reply.part(0).number()), Int(try reply.part(1).number()),
                    try ListOrder.rank(try reply.part(2))
                )
            })
    }

    private func write(_ request: ChangeRequest, into command: inout RedisCommand) {
        command.append(caller.requestID())
        var when = When.now
        switch request.action {
        case .cancel: command.append("cancel")
        case .retry: command.append("retry")
        case .remove: command.append("remove")
        case .reschedule(let moment):
            command.append("reschedule")
            when = moment
        }
        command.append(request.dryRun ? "1" : "0")
        var writer = ByteWriter(capacity: 9)
        writer.add(when)
        command.append(writer.bytes)
    }

    /// Groups the places of ids by the partition that holds the jobs.
    static func places(of ids: [JobID], _ partitions: Partitions) -> [(partition: Int, places: [Int])] {
        var places: [Int: [Int]] = [:]
        for (place, id) in ids.enumerated() { places[partitions.home(of: id).index, default: []].append(place) }
        return places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func answer(_ reply: RedisReply, _ action: ChangeAction) throws -> ChangeAnswer {
        var reader = ByteReader(try reply.raw())
        let letter: UInt8 = try reader.number()
        switch letter {
        case UInt8(ascii: "N"): return .notFound
        case UInt8(ascii: "M"): return .removed
        case UInt8(ascii: "A"): return .asked
        case UInt8(ascii: "H"): return .refused(.keyHeld(by: try reader.id()))
        default: break
        }
        guard let state = JobState(rawValue: Int(try reader.number(UInt8.self))) else { throw ByteReader.broken }
        if letter == UInt8(ascii: "D") { return .done(state) }
        guard let refusal = action.refusal(in: state) else { throw ByteReader.broken }
        return .refused(refusal)
    }
}
