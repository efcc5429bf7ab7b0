// A lane is a queue and a type. Jobs wait by lane, so a worker that does not handle a type never meets that type's
// jobs, and they block nothing. The lane's row carries the maintained counts.
import OffstageCore

struct LaneName: Hashable {
    var queue: String
    var type: String
}

/// A lane as the writing thread caches it.
struct Lane {
    let id: Int64
    let queue: String
    let type: String
    let queueBit: UInt64
    let typeBit: UInt64
    /// How long its completed jobs are kept, in microseconds.
    let completedAge: Int64
}

extension WriteSession {
    /// Returns the id of the lane of a queue and type; inserts the lane if it is new.
    func lane(queue: String, type: String) throws -> Int64 {
        let name = LaneName(queue: queue, type: type)
        if let id = try knownLane(name) { return id }
        let insert = statements.lanes.insert
        insert.bind(1, queue)
        insert.bind(2, type)
        try insert.run()
        let id = connection.lastRowID
        remember(id, name)
        return id
    }

    /// Returns the id of the lane of a queue and type; nil if there has never been one.
    func knownLane(queue: String, type: String) throws -> Int64? {
        try knownLane(LaneName(queue: queue, type: type))
    }

    private func knownLane(_ name: LaneName) throws -> Int64? {
        if let id = laneIDs[name] { return id }
        let find = statements.lanes.find
        find.bind(1, name.queue)
        find.bind(2, name.type)
        guard try find.step() else { return nil }
        let id = find.int64(0)
        find.reset()
        remember(id, name)
        return id
    }

    /// Returns the lane with an id.
    func lane(_ id: Int64) throws -> Lane {
        if let lane = lanes[id] { return lane }
        let find = statements.lanes.findByID
        find.bind(1, id)
        guard try find.step() else { throw Statement.damaged("it has no lane \(id)", on: connection.handle) }
        let name = LaneName(queue: find.text(0), type: find.text(1))
        find.reset()
        return remember(id, name)
    }

    @discardableResult
    private func remember(_ id: Int64, _ name: LaneName) -> Lane {
        let lane = Lane(
            id: id, queue: name.queue, type: name.type, queueBit: WakeFile.bit(name.queue),
            typeBit: WakeFile.bit(name.type),
            completedAge: options.retention.age(of: .completed, type: name.type).microseconds)
        laneIDs[name] = id
        lanes[id] = lane
        return lane
    }
}
