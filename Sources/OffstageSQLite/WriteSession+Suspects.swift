// Which workers are busy with a suspect of a crash, and which has the turn to take the next one. The rule is in
// SuspectTurn.swift in OffstageCore. Both are rare, so they are rows of `facts`: "suspect:S" has the worker that holds
// the suspect with sequence number S, and "turn:W" the lease time until which worker W has the turn. A reservation
// reads them only if a suspect is due.
import OffstageCore

extension WriteSession {
    /// Set in the flags of a suspect's lease.
    static let suspectFlag: Int64 = 4

    /// Whether a request may take a suspect, as far as other workers are concerned.
    func hasTurn(_ request: ReserveRequest, at now: Timestamp) throws -> Bool {
        guard request.suspects == .alone else { return true }
        let busy = try workersBusyWithSuspects().subtracting([request.worker])
        guard !busy.isEmpty else { return true }
        let known = try knownWorkers()
        return request.selection.hasTurn(
            busy: busy.map { known[$0]?.selection },
            free: known.filter { worker, known in
                worker != request.worker && !known.isQuiet && !busy.contains(worker)
                    && now.microseconds - known.seenAt <= leaseMicroseconds
            }.map(\.value.selection))
    }

    /// Gives a worker the turn that it asks for, if it may have it. Returns whether it did.
    func takeTurn(_ request: ReserveRequest, at now: Timestamp) throws -> Bool {
        guard request.suspects == .alone, let duration = request.turnFor, try hasTurn(request, at: now) else {
            return false
        }
        let put = try cached("INSERT OR REPLACE INTO facts VALUES ('turn:' || ?1, ?2)")
        put.bind(1, Int64(bitPattern: request.worker.bits))
        put.bind(2, try leaseNow() + duration.microseconds)
        try put.run()
        return true
    }

    /// Records that a worker holds a suspect, which ends its turn. Removes outdated rows of other workers, too.
    func noteSuspect(_ seq: Int64, with worker: WorkerID) throws {
        let sweep = try cached(
            """
            DELETE FROM facts WHERE name >= 'turn:' AND name < 'turn;' AND (value <= ?1 OR name = 'turn:' || ?2)
                OR name >= 'suspect:' AND name < 'suspect;'
                    AND CAST(substr(name, 9) AS INTEGER) NOT IN (SELECT seq FROM leases)
            """)
        sweep.bind(1, try leaseNow())
        sweep.bind(2, Int64(bitPattern: worker.bits))
        try sweep.run()
        let put = try cached("INSERT OR REPLACE INTO facts VALUES ('suspect:' || ?1, ?2)")
        put.bind(1, seq)
        put.bind(2, Int64(bitPattern: worker.bits))
        try put.run()
    }

    /// Removes the record of which worker holds a suspect.
    func forgetSuspect(_ seq: Int64) throws {
        let delete = try cached("DELETE FROM facts WHERE name = 'suspect:' || ?1")
        delete.bind(1, seq)
        try delete.run()
    }

    /// Ends a worker's turn.
    func forgetTurn(of worker: WorkerID) throws {
        let delete = try cached("DELETE FROM facts WHERE name = 'turn:' || ?1")
        delete.bind(1, Int64(bitPattern: worker.bits))
        try delete.run()
    }

    private func workersBusyWithSuspects() throws -> Set<WorkerID> {
        let find = try cached(
            """
            SELECT l.worker FROM facts f JOIN leases l ON l.seq = CAST(substr(f.name, 9) AS INTEGER)
                WHERE f.name >= 'suspect:' AND f.name < 'suspect;' AND l.worker = f.value
            UNION SELECT CAST(substr(name, 6) AS INTEGER) FROM facts
                WHERE name >= 'turn:' AND name < 'turn;' AND value > ?1
            """)
        find.bind(1, try leaseNow())
        var busy: Set<WorkerID> = []
        while try find.step() { busy.insert(WorkerID(bits: UInt64(bitPattern: find.int64(0)))) }
        return busy
    }

    private struct KnownWorker {
        var selection: WorkSelection
        var isQuiet: Bool
        var seenAt: Int64
    }

    private func knownWorkers() throws -> [WorkerID: KnownWorker] {
        let find = try cached("SELECT id, queues, types, quiet, seen_at FROM workers")
        var known: [WorkerID: KnownWorker] = [:]
        while try find.step() {
            known[WorkerID(bits: UInt64(bitPattern: find.int64(0)))] = KnownWorker(
                selection: WorkSelection(
                    queues: find.isNull(1) ? nil : ColumnTexts.list(find.text(1)),
                    types: Set(ColumnTexts.list(find.text(2)))),
                isQuiet: find.int(3) != 0, seenAt: find.int64(4))
        }
        return known
    }
}
