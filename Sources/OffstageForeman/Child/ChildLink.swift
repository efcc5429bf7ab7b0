// The child's side. A process is a child of a foreman if the variable is set and its numbers lead to a board that no
// process has taken. Programs that a handler starts may inherit the variable, but they do not inherit the board and
// have another parent. The foreman's orders come through the life pipe and not as signals, which could arrive before a
// handler for them is installed. The pipe's end of file means that the foreman is dead; the child then stops as if it
// were told to.
import CSystem
import OffstageCore
import OffstageSystem
import OffstageWorker
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a foreman tells a child, one byte each.
enum ChildOrder: UInt8, Sendable {
    case quiet = 1
    case stop = 2
    case stopNow = 3
}

/// A child's connection to its foreman.
struct ChildLink: Sendable {
    let board: Board
    private let life: Int32
    let bell: Int32

    /// The variable's value for a child that gets these descriptors.
    static func value(board: Int32, life: Int32, bell: Int32) -> String {
        // Includes the limit of descriptors that programs get back, if this process has raised it.
        "\(board).\(life).\(bell).\(getpid()).\(offstage_usual_limit())"
    }

    /// Determines whether this process is a child, and takes its board if it is. Returns nil if it is not a child.
    /// Throws if it is a child and has no board: as a foreman it would start such processes without end.
    static func take(_ environment: [String: String]) throws(ForemanError) -> ChildLink? {
        guard let text = environment[ForemanOptions.variable] else { return nil }
        let words = text.split(separator: ".")
        let numbers = words.prefix(4).compactMap { Int32($0) }
        guard (4...5).contains(words.count), numbers.count == 4 else { return nil }
        guard let board = Board.open(numbers[0]), board.take(by: getpid()) else {
            guard getppid() != numbers[3] else { throw .noPlace(foreman: Int(numbers[3])) }
            return nil
        }
        offstage_keep_usual_limit(words.count == 5 ? UInt64(words[4]) ?? 0 : 0)
        Descriptor.close(numbers[0])
        for descriptor in numbers[1...2] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        // When the foreman is dead, no process reads this process's standard error.
        offstage_bear_broken_pipes()
        return ChildLink(board: board, life: numbers[1], bell: numbers[2])
    }

    /// Makes the worker for this post and runs it.
    func work(_ options: ForemanOptions, _ make: (WorkerPost) throws -> Worker) async throws {
        let kind = PostKind(rawValue: board[.kind]) ?? .pool
        let witness = BoardWitness(board, bell: bell)
        var settings = options.worker
        settings.witness = witness
        // The process belongs to the foreman: it exists for this worker only and must not outlive the foreman.
        settings.endsProcess = true
        switch kind {
        case .pool: settings.suspects = .never
        case .isolated:
            settings.prefetchLimit = 0
            // Its one settlement is all that it has to deliver, and the lease is renewed meanwhile.
            settings.settlePatience = settings.patience * 3
            // There are many isolated processes, and each does a piece of upkeep when it begins.
            settings.upkeep = settings.upkeep.map { $0 * options.processes }
        case .quarantine:
            settings.suspects = .only
            settings.prefetchLimit = 0
            settings.drain = false
            settings.upkeep = nil
        }
        let worker = try make(WorkerPost(concurrency: board.slots, grace: options.grace, options: settings))
        witness.onServed = { worker.shutdown() }
        try listen { order in
            switch order {
            case .quiet: worker.quiet()
            case .stop: worker.shutdown()
            case .stopNow: worker.stopNow()
            }
        }
        var course = Inquest.Course.failed
        defer { board[.finished] = course.rawValue }
        await Self.letThreadsHeedFaults()
        try await worker.run()
        course = .finished
    }

    /// Unblocks fault signals on the threads that run Swift's tasks. After an `await` a handler may continue on any of
    /// them, and a trap should print a backtrace on all of them. There are as many as processors, plus the one that
    /// serves the main actor. That many tasks that wait for each other occupy one thread each. They wait for a short
    /// time only, in case something else holds a thread. The main actor's task is not awaited, because the main actor
    /// may never be served.
    private static func letThreadsHeedFaults() async {
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let arrivals = Arrivals(of: processors + 1)
        Task { @MainActor in arrivals.arrive() }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<processors { group.addTask { arrivals.arrive() } }
        }
    }

    private func listen(_ obey: @escaping @Sendable (ChildOrder) -> Void) throws(ForemanError) {
        let listener = LifeListener(life, obey)
        let problem = SystemThread.start(name: "foreman's word") { listener.run() }
        guard problem == 0 else { throw .system("start the thread that hears the foreman", problem) }
    }
}

/// Keeps a few tasks on one thread each until all have arrived, or 50 ms have passed.
private final class Arrivals: Sendable {
    private let expected: Int
    private let count = Atomic(0)
    private let end = offstage_monotonic_ns() + 50_000_000

    init(of expected: Int) { self.expected = expected }

    func arrive() {
        offstage_heed_faults()
        count.add(1, ordering: .relaxed)
        while count.load(ordering: .relaxed) < expected, offstage_monotonic_ns() < end { sched_yield() }
    }
}

/// Reads the foreman's orders until the foreman ends.
private final class LifeListener: Sendable {
    private let life: Int32
    private let obey: @Sendable (ChildOrder) -> Void

    init(_ life: Int32, _ obey: @escaping @Sendable (ChildOrder) -> Void) {
        self.life = life
        self.obey = obey
    }

    func run() {
        var buffer: [UInt8] = [0]
        while true {
            switch Descriptor.read(life, into: &buffer) {
            case .moved: if let order = ChildOrder(rawValue: buffer[0]) { obey(order) }
            case .over: return obey(.stop)
            case .blocked: Descriptor.waitToRead(life)
            }
        }
    }
}
