// A worker process from its start until it is reaped: its process id, the descriptors that connect it to the foreman,
// and its board. All of it belongs to the foreman's thread.
import CSystem
import OffstageCore
import OffstageSystem

/// One running child.
final class ChildProcess {
    let post: Int
    let pid: Int32
    let board: Board
    /// Readable when the child has ended; -1 where the kernel has no such descriptor.
    let end: Int32
    private(set) var errors: Int32
    private var life: Int32
    var relay = ErrorRelay()
    /// Whether the foreman has killed it for not stopping.
    private(set) var wasKilled = false

    private init(post: Int, pid: Int32, board: Board, life: Int32, errors: Int32, hasEnd: Bool) {
        self.post = post
        self.pid = pid
        self.board = board
        self.life = life
        self.errors = errors
        var descriptor: Int32 = -1
        end = hasEnd && offstage_child_watch(pid, &descriptor) == 0 ? descriptor : -1
    }

    /// Starts this same program as a child, for a post.
    static func start(
        post: Int, kind: PostKind, options: ForemanOptions, bell: Int32
    ) throws(ForemanError) -> ChildProcess {
        let (board, descriptor) = try Board.make(slots: kind == .pool ? options.concurrency : 1)
        defer { Descriptor.close(descriptor) }
        board[.kind] = kind.rawValue
        board[.jobLimit] = jobLimit(kind, options)
        let life = try pipe()
        defer { Descriptor.close(life.read) }
        let errors: (read: Int32, write: Int32)
        do throws(ForemanError) {
            errors = try pipe()
        } catch {
            Descriptor.close(life.write)
            throw error
        }
        defer { Descriptor.close(errors.write) }
        // A program's writes to its standard error block, as on a terminal.
        _ = fcntl(errors.write, F_SETFL, 0)
        var variables = options.environment
        variables[ForemanOptions.variable] = ChildLink.value(board: descriptor, life: life.read, bell: bell)
        var pid: Int32 = 0
        let kept = [descriptor, life.read, bell]
        let problem = OwnProgram.withWords(options.arguments) { arguments in
            OwnProgram.withWords(variables.map { "\($0.key)=\($0.value)" }) { variables in
                offstage_child_start(OwnProgram.path, arguments, variables, kept, kept.count, errors.write, &pid)
            }
        }
        guard problem == 0 else {
            Descriptor.close(life.write)
            Descriptor.close(errors.read)
            throw .system("start a worker process", problem)
        }
        return ChildProcess(
            post: post, pid: pid, board: board, life: life.write, errors: errors.read,
            hasEnd: options.hasEndDescriptors)
    }

    /// After how many jobs a process ends; 0 for never.
    static func jobLimit(_ kind: PostKind, _ options: ForemanOptions) -> UInt64 {
        switch kind {
        case .pool: 0
        // What one suspect leaves behind in its process must not kill the next.
        case .quarantine: 1
        case .isolated: UInt64(options.jobsPerProcess)
        }
    }

    private static func pipe() throws(ForemanError) -> (read: Int32, write: Int32) {
        do { return try Descriptor.pipe() } catch { throw .system("make a pipe to a worker process", error.number) }
    }

    /// Sends it an order; an ended process does not receive it.
    func say(_ order: ChildOrder) { Descriptor.writeByte(order.rawValue, to: life) }

    /// Kills it. Its process id stays its own until it is reaped.
    func kill() {
        wasKilled = true
        LibC.kill(pid, SIGKILL)
    }

    /// Stops reading its standard error, because no process can write to it any more.
    func closeErrors() {
        Descriptor.close(errors)
        errors = -1
    }

    /// Reaps it if it has ended. Returns how it died; nil if it is still running.
    func bury() -> Autopsy? {
        var facts = offstage_child_end()
        guard offstage_child_reap(pid, &facts) != 0 else { return nil }
        return Autopsy(
            ending: Int(facts.ending), peakBytes: facts.peak_bytes, limitBytes: offstage_memory_limit(), jobs: 0)
    }

    /// What its board records after its death.
    func inquest(ending: Int) -> Inquest {
        var inquest = Inquest(ending: ending)
        inquest.wasKilled = wasKilled
        inquest.course = Inquest.Course(rawValue: board[.finished]) ?? .working
        inquest.hasRetired = board[.retired] == 1
        inquest.hasServed = board[.served] == 1
        inquest.hasRun = board[.hasRun] == 1
        inquest.isKnown = board[.worker] != 0
        return inquest
    }

    /// What ran in it when it died.
    var attempts: [BoardAttempt] { (0..<board.slots).compactMap { board.slot($0)?.attempt } }

    /// Closes the remaining descriptors; to be called once, after `bury` has reaped it.
    func close() {
        for descriptor in [errors, life, end] { Descriptor.close(descriptor) }
    }
}
