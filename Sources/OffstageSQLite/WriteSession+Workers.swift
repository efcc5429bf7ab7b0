// Workers as the store knows them, the commands left for them, and paused queues.
import OffstageCore

extension WriteSession {
    /// Records a heartbeat, and takes and returns the commands left for the worker.
    func heartbeat(_ status: WorkerStatus) throws -> Set<WorkerCommand> {
        try moveLeaseClock()
        let id = Int64(bitPattern: status.id.bits)
        let find = try cached("SELECT commands FROM workers WHERE id = ?1")
        find.bind(1, id)
        var commands: Set<WorkerCommand> = []
        if try find.step() {
            let bits = find.int(0)
            find.reset()
            if bits & 1 != 0 { commands.insert(.quiet) }
            if bits & 2 != 0 { commands.insert(.stop) }
        }
        let put = try cached("INSERT OR REPLACE INTO workers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)")
        put.bind(1, id)
        put.bind(2, status.host)
        put.bind(3, status.pid)
        put.bind(4, status.startedAt)
        put.bind(5, status.queues.map { ColumnTexts.list($0) ?? "[]" })
        put.bind(6, ColumnTexts.list(status.types) ?? "[]")
        put.bind(7, status.concurrency)
        put.bind(8, status.isQuiet ? 1 : 0)
        put.bind(9, now)
        try put.run()
        return commands
    }

    /// Leaves a command for a worker with a recent heartbeat. Returns false if there is none.
    func command(_ command: WorkerCommand, to worker: WorkerID) throws -> Bool {
        let put = try cached("UPDATE workers SET commands = commands | ?2 WHERE id = ?1 AND seen_at >= ?3")
        put.bind(1, Int64(bitPattern: worker.bits))
        put.bind(2, command == .quiet ? 1 : 2)
        put.bind(3, now.microseconds - 3 * leaseMicroseconds)
        try put.run()
        return connection.changes == 1
    }

    func setPaused(_ paused: Bool, queue: String) throws -> Bool {
        let find = try cached("SELECT paused FROM queues WHERE name = ?1")
        find.bind(1, queue)
        let isPaused = try find.step() && find.int(0) == 1
        find.reset()
        guard isPaused != paused else { return false }
        let put = try cached("INSERT OR REPLACE INTO queues VALUES (?1, ?2)")
        put.bind(1, queue)
        put.bind(2, paused ? 1 : 0)
        try put.run()
        try hideHeads(ofQueue: queue, paused)
        guard !paused else { return true }
        // A worker that is idle because the queue was paused has work now.
        let lanes = try cached("SELECT id, waiting FROM lanes WHERE queue = ?1 AND waiting > 0")
        lanes.bind(1, queue)
        var waiting: [(id: Int64, count: Int)] = []
        while try lanes.step() { waiting.append((lanes.int64(0), lanes.int(1))) }
        for (id, count) in waiting {
            _ = try lane(id)
            noteReservable(id, count: count)
        }
        return true
    }
}
