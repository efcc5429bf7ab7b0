// The child's side. A process that finds the variable, and behind its numbers a board that nobody has taken, is a child
// of a foreman: programs that a handler starts may inherit the variable, but not the board, and have another parent.
// What the foreman says comes
// through the life pipe, not by signals, which could arrive before anybody listens for them; the pipe's end means that
// the foreman is dead, and then a child ends as if it were told to.
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

/// What a foreman says to a child, a byte each.
enum ChildOrder: UInt8, Sendable {
    case quiet = 1
    case stop = 2
    case stopNow = 3
}

/// A child's ties to its foreman.
struct ChildLink: Sendable {
    let board: Board
    private let life: Int32
    let bell: Int32

    /// The variable's value for a child that is given these descriptors.
    static func value(board: Int32, life: Int32, bell: Int32) -> String {
        // With the limit of descriptors that programs get back, if this process has raised it.
        "\(board).\(life).\(bell).\(getpid()).\(offstage_usual_limit())"
    }

    /// Finds out whether this process is a child, and takes its place if it is. Throws if it is one and has no place:
    /// as a foreman it would start such processes without end.
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
        // When the foreman is dead, nobody reads this process's standard error any more.
        offstage_bear_broken_pipes()
        return ChildLink(board: board, life: numbers[1], bell: numbers[2])
    }

    /// Makes the worker of this place, and lives its life.
    func work(_ options: ForemanOptions, _ make: (WorkerPost) throws -> Worker) async throws {
        let kind = PostKind(rawValue: board[.kind]) ?? .pool
        let witness = BoardWitness(board, bell: bell)
        var settings = options.worker
        settings.witness = witness
        // The process is the foreman's: it lives for this worker only, and must not outlive the foreman.
        settings.endsProcess = true
        switch kind {
        case .pool: settings.suspects = .never
        case .isolated:
            settings.prefetchLimit = 0
            // Its one end is all it has to bring home, and the lease is renewed meanwhile.
            settings.settlePatience = settings.patience * 3
            // There are many of these, and each does a piece when it begins.
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

    /// Reaches the threads that Swift's tasks run on: a handler goes on on any of them after an `await`, and a trap
    /// shall show where it was on all of them. They are as many as processors, and the one that serves the main actor:
    /// so many tasks that wait for each other are on one each. Not for long, should something else keep a thread; and
    /// nobody waits for the main actor, which may never be served.
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

/// Keeps a few tasks on a thread each until all have come.
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

/// Hears the foreman, for as long as there is one.
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
