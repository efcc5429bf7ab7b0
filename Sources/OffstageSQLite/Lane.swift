// A lane is a queue and a type. Jobs stand in line by lane, so that a worker that does not know a type never meets
// its jobs and they block nothing; and the lane's row carries the maintained counts.
import OffstageCore

struct LaneName: Hashable {
    var queue: String
    var type: String
}

/// A lane as the writing thread remembers it.
struct Lane {
    let id: Int64
    let queue: String
    let type: String
    let queueBit: UInt64
    let typeBit: UInt64
    /// How long its completed jobs are kept.
    let completedAge: Int64
}

extension WriteSession {
    /// The lane of a queue and type, made if it is new.
    func lane(queue: String, type: String) throws -> Int64 {
        let name = LaneName(queue: queue, type: type)
        if let id = laneIDs[name] { return id }
        let find = statements.lanes.find
        find.bind(1, queue)
        find.bind(2, type)
        var id: Int64
        if try find.step() {
            id = find.int64(0)
            find.reset()
        } else {
            let insert = statements.lanes.insert
            insert.bind(1, queue)
            insert.bind(2, type)
            try insert.run()
            id = connection.lastRowID
        }
        remember(id, name)
        return id
    }

    /// A lane by its id.
    func lane(_ id: Int64) throws -> Lane {
        if let lane = lanes[id] { return lane }
        let find = statements.lanes.findByID
        find.bind(1, id)
        guard try find.step() else { throw StoreError.lost("the file is damaged: it has no lane \(id)") }
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

    /// The lanes that have jobs in line and fit a selection, grouped in the order in which they are to be exhausted.
    func lanes(for selection: WorkSelection) throws -> [[Int64]] {
        var paused: Set<String> = []
        while try statements.lanes.pausedQueues.step() { paused.insert(statements.lanes.pausedQueues.text(0)) }
        var ids: [Int64] = []
        while try statements.lanes.waiting.step() { ids.append(statements.lanes.waiting.int64(0)) }
        // What this very transaction has put in line is not in the lanes' counts yet.
        let fresh = tally.lanes.filter { $0.value.waiting > 0 }.keys
        if !fresh.isEmpty { ids = Set(ids).union(fresh).sorted() }
        var all: [Int64] = []
        var byQueue: [String: [Int64]] = [:]
        for id in ids {
            let lane = try lane(id)
            guard selection.types.contains(lane.type), paused.isEmpty || !paused.contains(lane.queue) else { continue }
            if selection.queues == nil { all.append(id) } else { byQueue[lane.queue, default: []].append(id) }
        }
        guard let queues = selection.queues else { return all.isEmpty ? [] : [all] }
        var groups: [[Int64]] = []
        for queue in queues {
            if let lanes = byQueue.removeValue(forKey: queue) { groups.append(lanes) }
        }
        return groups
    }
}
