// Return queues: an announcement is stored in the partition of its job. A reader takes from all partitions in turn. The
// number on a receipt also identifies the partition.
public import OffstageCore

extension RedisStore {
    /// Takes up to `limit` announcements of a return queue, leased for `lease`.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        var all: [Announcement] = []
        var room = Limits.replyBytes
        let first = partitions.count > 1 ? homes.next() : 0
        for turn in 0..<partitions.count where all.count < limit && (turn == 0 || room > Limits.replyBytes / 2) {
            let wanted = limit - all.count
            let bytes = room
            let some = try await returns(on: partitions.all[(first + turn) % partitions.count]) { command in
                command.append("take")
                command.append(name)
                command.append(wanted)
                command.append(bytes)
                command.append(Int(lease.microseconds))
            }
            room -= some.reduce(0) { $0 + $1.size }
            all += some
        }
        return all
    }

    /// Returns announcements without taking them, oldest first.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        var all: [Announcement] = []
        for partition in partitions.all {
            all += try await returns(on: partition, role: .look) { command in
                command.append("peek")
                command.append(name)
                command.append(limit)
                command.append(Limits.replyBytes / partitions.count)
            }
        }
        if partitions.count > 1 { all.sort { $0.at < $1.at } }
        return Array(all.prefix(limit))
    }

    /// Acknowledges announcements. Returns how many receipts were still valid.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        let count = Int64(partitions.count)
        var valid = 0
        for partition in partitions.all {
            let own = receipts.filter { $0.number >= 0 && Int($0.number % count) == partition.index }
            guard !own.isEmpty else { continue }
            let request = caller.requestID()
            valid += try await caller.run(
                caller.scripts.returns, on: partition,
                { command in
                    command.append("acknowledge")
                    command.append(request)
                    for receipt in own {
                        command.append(receipt.queue)
                        command.append(Int(receipt.number / count))
                        command.append(Int(receipt.nonce))
                    }
                }, read: { Int(try $0.number()) })
        }
        return valid
    }

    private func returns(
        on partition: Partition, role: RedisClient.Role = .work, _ arguments: (inout RedisCommand) -> Void
    ) async throws -> [Announcement] {
        let count = Int64(partitions.count)
        return try await caller.run(
            caller.scripts.returns, on: partition, role: role, arguments,
            read: { reply in
                try stride(from: 0, to: reply.elements.count - 1, by: 2).map { index in
                    let number = try reply.part(index).number() * count + Int64(partition.index)
                    return try Announcement(try reply.part(index + 1).raw(), number: number)
                }
            })
    }
}
