// Writes what the worker reports to the board. This is on the path of every job, so it costs only a few stores. Only
// two cases cost a call: a suspect that waits, and the last job that the process may do.
import CSystem
import OffstageCore
import OffstageSystem
import OffstageWorker
import Synchronization

/// The witness of a worker under a foreman.
final class BoardWitness: RunWitness {
    /// How long the foreman is not notified again that a suspect waits, in microseconds.
    private static let quietTime: Int64 = 500_000

    private let board: Board
    private let bell: Int32
    private let jobLimit: UInt64
    private let served = Atomic<UInt64>(0)
    private let toldAt = Atomic<Int64>(.min)
    private let whenServed = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ board: Board, bell: Int32) {
        self.board = board
        self.bell = bell
        jobLimit = board[.jobLimit]
    }

    /// Called when the process has done as many jobs as it may.
    var onServed: (@Sendable () -> Void)? {
        get { whenServed.withLock { $0 } }
        set { whenServed.withLock { $0 = newValue } }
    }

    private static func now() -> Int64 { offstage_monotonic_ns() / 1000 }

    func introduces(_ worker: WorkerID?) { board[.worker] = worker?.bits ?? 0 }

    func isReady() { board[.ready] = 1 }

    func begins(_ job: ReservedJob, in slot: Int) {
        board.slot(slot)?.fill(job.token, at: Self.now())
        offstage_heed_faults()
        if board[.hasRun] == 0 { board[.hasRun] = 1 }
    }

    func reports(_ progress: Progress, in slot: Int) { board.slot(slot)?.write(progress) }

    func ends(in slot: Int) {
        board.slot(slot)?.clear()
        guard jobLimit > 0, served.add(1, ordering: .relaxed).newValue >= jobLimit else { return }
        board[.served] = 1
        // Before the end is settled, because the call that settles it would reserve the next job.
        onServed?()
    }

    func hasRetired() { board[.retired] = 1 }

    func endsUnfinished() { board[.finished] = Inquest.Course.failed.rawValue }

    func suspectWaits() {
        let now = Self.now()
        let told = toldAt.load(ordering: .relaxed)
        guard told == .min || now - told >= Self.quietTime else { return }
        toldAt.store(now, ordering: .relaxed)
        if board.raise(.suspect) { Descriptor.writeByte(1, to: bell) }
    }
}
