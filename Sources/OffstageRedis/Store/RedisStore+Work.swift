// Work: settle, reserve, note, renew. A call goes to the partitions that its tokens name. A reservation asks one
// partition first, and the next ones only if it did not get all the jobs it wanted.
public import OffstageCore

extension RedisStore {
    /// Records how attempts ended, then reserves jobs if a request is given.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        var reply = SettleReply()
        reply.answers = Array(repeating: .gone, count: settlements.count)
        var groups = Self.groups(of: settlements.map(\.token), partitions)
        try checkFollowUps(settlements)
        // If a partition that is asked for jobs also has the last group, it is asked first and takes the group along.
        var order = request.map { _ in askedPartitions() } ?? []
        if let last = groups.last, let place = order.firstIndex(of: last.partition) { order.swapAt(0, place) }
        let isJoined = groups.last.map { $0.partition == order.first } ?? false
        var joined = isJoined ? groups.popLast() : nil
        for (turn, group) in groups.enumerated() {
            do {
                let (ends, _) = try await work(settlements, group, nil, 0, on: group.partition)
                ends.add(to: &reply, group.places, settlements)
            } catch { throw turn > 0 ? StoreError.afterAPart(error) : error }
        }
        guard let request else { return reply }
        var reservation = Reservation()
        var bytes = 0
        if await takesTurnAtOnce(request) {
            do {
                if let group = joined {
                    let (ends, _) = try await work(settlements, group, nil, 0, on: group.partition)
                    ends.add(to: &reply, group.places, settlements)
                    joined = nil
                }
                reservation = try await takeSuspect(request, from: order)
            } catch { throw StoreError.afterAPart(error) }
            reply.reservation = reservation
            if !reservation.jobs.isEmpty { return reply }
        }
        for (turn, partition) in order.enumerated() {
            let group = turn == 0 ? joined : nil
            let wish = Self.rest(of: request, after: reservation.jobs.count)
            let room = Limits.replyBytes - bytes
            do {
                let (ends, found) = try await work(
                    settlements, group, wish, room, suspects: suspectWord(for: request), on: partition)
                ends.add(to: &reply, group?.places ?? [], settlements)
                if let found {
                    Self.add(found, to: &reservation)
                    bytes += found.jobs.reduce(0) { $0 + $1.size }
                }
            } catch {
                // Return what was already answered instead of the error. The next call will meet the error again.
                if group == nil, !(settlements.isEmpty && reservation.jobs.isEmpty) { break }
                throw groups.isEmpty ? error : StoreError.afterAPart(error)
            }
            // A partition gives its first job whatever its size, so no partition is asked when little room is left.
            if bytes > Limits.replyBytes / 2 || reservation.jobs.count >= request.limit
                || reservation.jobs.contains(where: \.isSuspect)
            {
                break
            }
        }
        if partitions.count > 1 { try await lookAtSuspects(request, order, &reservation) }
        if !reservation.jobs.isEmpty { reservation.nextDue = nil }
        reply.reservation = reservation
        return reply
    }

    /// Records starts, progress and checkpoints.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        var all = [TokenAnswer](repeating: .gone, count: notes.count)
        for group in Self.groups(of: notes.map(\.token), partitions) {
            let answers = try await caller.run(
                caller.scripts.note, on: partitions.all[group.partition],
                { command in
                    var writer = ByteWriter(capacity: 64)
                    writer.add(group.worker.bits)
                    command.append(writer.bytes)
                    for place in group.places {
                        let note = notes[place]
                        Self.write(note.token, into: &command, with: &writer)
                        writer.clear()
                        note.write(into: &writer)
                        command.append(writer.bytes)
                    }
                },
                read: { try Self.answers($0, count: group.places.count) })
            for (place, answer) in zip(group.places, answers) { all[place] = answer }
        }
        return all
    }

    /// Extends leases. Asks every partition, because each may hold leases that the worker never learned of.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        var reply = RenewReply()
        var byPartition: [Int: [Token]] = [:]
        for token in request.tokens { byPartition[partitions.home(of: token.job).index, default: []].append(token) }
        let groups = byPartition
        let parts = try await withThrowingTaskGroup(of: (tokens: [Token], letters: [UInt8], handedBack: Int).self) {
            for partition in partitions.all {
                let tokens = groups[partition.index] ?? []
                $0.addTask { try await self.renew(tokens, of: request, on: partition) }
            }
            return try await $0.reduce(into: []) { $0.append($1) }
        }
        for part in parts {
            for (token, letter) in zip(part.tokens, part.letters) {
                if letter == UInt8(ascii: "L") || token.worker != request.worker { reply.lost.append(token) }
                if letter == UInt8(ascii: "C") { reply.cancelRequested.append(token) }
            }
            reply.handedBack += part.handedBack
        }
        return reply
    }

    private func renew(
        _ tokens: [Token], of request: RenewRequest, on partition: Partition
    ) async throws -> (tokens: [Token], letters: [UInt8], handedBack: Int) {
        let (letters, handedBack) = try await caller.run(
            caller.scripts.renew, on: partition,
            { command in
                var writer = ByteWriter(capacity: 32)
                writer.add(request.worker.bits)
                command.append(writer.bytes)
                writer.clear()
                writer.add(request.grantedBefore)
                command.append(writer.bytes)
                for token in tokens { Self.write(token, into: &command, with: &writer) }
            }, read: { (Array(try $0.part(0).raw()), Int(try $0.part(1).number())) })
        guard letters.count == tokens.count else { throw ByteReader.broken }
        return (tokens, letters, handedBack)
    }

    // MARK: How a call is put together

    /// Tokens of one partition and worker, in their order.
    struct Group {
        let partition: Int
        let worker: WorkerID
        var places: [Int]
    }

    static func groups(of tokens: [Token], _ partitions: Partitions) -> [Group] {
        var groups: [Group] = []
        for (place, token) in tokens.enumerated() {
            let partition = partitions.home(of: token.job).index
            // Usually a call has one worker and few partitions.
            if partitions.count == 1 {
                if let last = groups.last, last.worker == token.worker {
                    groups[groups.count - 1].places.append(place)
                } else {
                    groups.append(Group(partition: 0, worker: token.worker, places: [place]))
                }
            } else if let known = groups.firstIndex(where: { $0.partition == partition && $0.worker == token.worker }) {
                groups[known].places.append(place)
            } else {
                groups.append(Group(partition: partition, worker: token.worker, places: [place]))
            }
        }
        return groups
    }

    /// Returns the partitions in the order in which this reservation asks them. The starting partition moves on with
    /// each call.
    private func askedPartitions() -> [Int] {
        guard partitions.count > 1 else { return [0] }
        let first = homes.next()
        return (0..<partitions.count).map { (first + $0) % partitions.count }
    }

    private static func rest(of request: ReserveRequest, after given: Int) -> ReserveRequest {
        guard given > 0 else { return request }
        var rest = request
        rest.limit -= given
        rest.startNow = max(0, rest.startNow - given)
        rest.holding += given
        rest.firstCounter += UInt64(given)
        return rest
    }

    private static func add(_ found: Reservation, to all: inout Reservation) {
        all.jobs += found.jobs
        all.suspectWaiting = all.suspectWaiting || found.suspectWaiting
        all.hasTurn = all.hasTurn || found.hasTurn
        if let due = found.nextDue { all.nextDue = min(due, all.nextDue ?? due) }
    }

    /// Throws if a follow-up is in another partition than its parent: both are stored together.
    private func checkFollowUps(_ settlements: [Settlement]) throws {
        guard partitions.count > 1 else { return }
        for settlement in settlements {
            let home = partitions.home(of: settlement.token.job).index
            for next in settlement.followUps where partitions.home(of: next.id).index != home {
                throw StoreError.failed("follow-up \(next.id) does not live in the partition of its parent")
            }
        }
    }

    func work(
        _ settlements: [Settlement], _ group: Group?, _ request: ReserveRequest?, _ room: Int,
        suspects word: String = "", on partition: Int
    ) async throws -> (SettledEnds, Reservation?) {
        let places = group?.places ?? []
        let log = options.log
        return try await caller.run(
            caller.scripts.work, on: partitions.all[partition],
            { command in
                var writer = ByteWriter(capacity: 128)
                if let group { writer.add(group.worker.bits) }
                command.append(writer.bytes)
                command.append(places.count)
                command.append(Self.areDistinct(places, settlements) ? "1" : "0")
                for place in places {
                    Self.write(settlements[place].token, into: &command, with: &writer)
                    writer.clear()
                    settlements[place].write(into: &writer)
                    command.append(writer.bytes)
                }
                if let request { Self.write(request, room: room, suspects: word, into: &command) }
            },
            read: { reply in
                let ends = try SettledEnds(try reply.part(1), count: places.count)
                return (ends, try request.map { try Self.reservation(reply, for: $0, log: log) })
            })
    }

    /// Whether no job is settled twice. Usually the counters ascend, and no set has to be built.
    private static func areDistinct(_ places: [Int], _ settlements: [Settlement]) -> Bool {
        var last: UInt64 = 0
        for place in places {
            let counter = settlements[place].token.counter
            if counter <= last { return Set(places.map { settlements[$0].token.job }).count == places.count }
            last = counter
        }
        return true
    }

    /// Writes the two words that identify a lease.
    private static func write(_ token: Token, into command: inout RedisCommand, with writer: inout ByteWriter) {
        writer.clear()
        writer.add(token.job)
        command.append(writer.bytes)
        writer.clear()
        token.writeProof(into: &writer)
        command.append(writer.bytes)
    }

    private static func write(
        _ request: ReserveRequest, room: Int, suspects: String, into command: inout RedisCommand
    ) {
        var writer = ByteWriter(capacity: 8)
        writer.add(request.worker.bits)
        command.append(writer.bytes)
        writer.clear()
        writer.add(request.firstCounter)
        command.append(writer.bytes)
        command.append(request.limit)
        command.append(request.startNow)
        command.append(request.holding)
        command.append(suspects)
        command.append(request.selection.words)
        command.append(room)
    }

    static func answers(_ reply: RedisReply, count: Int) throws -> [TokenAnswer] {
        let letters = try reply.raw()
        guard letters.count == count else { throw ByteReader.broken }
        return try letters.map { try TokenAnswer(letter: $0) }
    }

    private static func reservation(
        _ reply: RedisReply, for request: ReserveRequest, log: any Log
    ) throws -> Reservation {
        var reservation = Reservation()
        let due = try reply.part(2).number()
        reservation.nextDue = due < 0 ? nil : .microseconds(due)
        let waiting = try reply.part(3).number()
        reservation.suspectWaiting = waiting > 0
        reservation.hasTurn = waiting == 2
        let ids = try reply.part(4).elements
        let records = try reply.part(5).elements
        let statuses = try reply.part(6).elements
        guard ids.count == records.count, statuses.isEmpty || statuses.count == ids.count else {
            throw ByteReader.broken
        }
        reservation.jobs.reserveCapacity(ids.count)
        var names = LaneNames()
        for index in ids.indices {
            var idReader = ByteReader(try ids[index].raw())
            let id = try idReader.id()
            do {
                reservation.jobs.append(
                    try ReservedJob(
                        id: id, record: try records[index].raw(),
                        status: statuses.isEmpty ? nil : statuses[index].bytes, worker: request.worker,
                        counter: request.firstCounter + UInt64(index), names: &names))
            } catch {
                // The other jobs are intact. This one is handed back later, like a lease the worker never learned of.
                log(.error, "a job's record is broken and cannot be worked on", ["job": "\(id)", "why": "\(error)"])
            }
        }
        return reservation
    }
}

extension WorkSelection {
    /// Queues and types in the form that the scripts read: "queue|queue;type|type", "*" for all queues.
    var words: String {
        (queues.map { $0.joined(separator: "|") } ?? "*") + ";" + types.sorted().joined(separator: "|")
    }
}

extension ReservedJob {
    /// Parses what a worker gets of a job: the record, and a status if it has one.
    init(
        id: JobID, record: UnsafeRawBufferPointer, status: UnsafeRawBufferPointer?, worker: WorkerID, counter: UInt64,
        names: inout LaneNames
    ) throws {
        let asked = try AskedRecord(record, names: &names)
        let status = try status.map { try StatusRecord($0) }
        let token = Token(
            job: id, attempt: (status?.failures ?? 0) + 1, worker: worker, counter: counter, locator: 0)
        self.init(
            token: token, type: asked.type, queue: asked.queue, arguments: asked.arguments, priority: asked.priority,
            maxAttempts: status?.maxAttempts ?? asked.maxAttempts, enqueuedAt: asked.enqueuedAt,
            runAt: status?.runAt ?? asked.runAt)
        timeoutMicroseconds = asked.timeoutMicroseconds
        expiresAt = asked.expiresAt
        tags = asked.tags
        metadata = asked.metadata
        parent = asked.parent
        guard let status else { return }
        crashes = status.crashes
        isSuspect = status.suspectedAt > 0
        interruptions = status.interruptions
        checkpoint = status.checkpoint
        if let own = status.expiresAt { expiresAt = own }
    }
}
