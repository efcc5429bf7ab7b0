// The body of the foreman's thread: start the processes that the roster requests, sleep until a descriptor is ready or
// a moment has come, forward what the children write, reap dead children and have them reported; repeat. Everything
// here belongs to that thread alone.
import CSystem
import OffstageCore
import OffstageSystem
import OffstageWorker

/// The foreman's loop and the state that it owns.
final class ForemanLoop {
    private enum Source {
        case mailbox, bell
        case errors(ChildProcess)
        case end(ChildProcess)
    }

    private let options: ForemanOptions
    private let mailbox: ForemanMailbox
    private let report: @Sendable (Death) -> Void
    private var roster: Roster
    private var children: [Int: ChildProcess] = [:]
    /// How many deaths are being reported.
    private var reports = 0
    private var wasReady = false
    private var problem: ForemanError?
    private var output = ErrorWriter(2)
    private var memory: MemoryWatch
    private var bell: (read: Int32, write: Int32) = (-1, -1)
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(options: ForemanOptions, mailbox: ForemanMailbox, report: @escaping @Sendable (Death) -> Void) {
        self.options = options
        self.mailbox = mailbox
        self.report = report
        // The steps of a worker's stop, each of which takes up to its patience; an isolated worker waits longer for the
        // store.
        let waits: Int64 = options.isolates ? 6 : 4
        let patience = waits * options.worker.patience.microseconds + options.slack.microseconds
        roster = Roster(
            processes: options.processes, isolates: options.isolates,
            patience: (stop: options.grace.microseconds + patience, stopNow: patience))
        memory = MemoryWatch(at: Self.now())
    }

    private static func now() -> Int64 { offstage_monotonic_ns() / 1000 }

    /// Runs until nothing is left to look after. Returns why it gave up; nil if it did not.
    func run() -> ForemanError? {
        do { bell = try Descriptor.pipe() } catch { return .system("make a pipe", error.number) }
        defer {
            Descriptor.close(bell.read)
            Descriptor.close(bell.write)
        }
        while true {
            perform(roster.due(at: Self.now()))
            if roster.isOver, children.isEmpty, reports == 0 { return problem }
            for source in wait() { serve(source) }
            memory.look(at: Self.now())
            let uncertain = children.values.filter { $0.end < 0 }
            for child in uncertain { bury(child) }
        }
    }

    private func perform(_ actions: [Roster.Action]) {
        for action in actions {
            switch action {
            case .start(let post): start(post)
            case .say(let order, let post): children[post]?.say(order)
            case .kill(let post):
                guard let child = children[post] else { continue }
                options.worker.log(
                    .error, "a worker process does not stop, and is killed", ["pid": "\(child.pid)"])
                child.kill()
            }
        }
    }

    private func start(_ post: Int) {
        do throws(ForemanError) {
            let kind = roster.posts[post].kind
            let child = try ChildProcess.start(post: post, kind: kind, options: options, bell: bell.write)
            children[post] = child
            options.worker.log(
                kind == .isolated ? .debug : .info, "a worker process is started",
                ["pid": "\(child.pid)", "for": "\(kind)"])
        } catch {
            options.worker.log(.error, "\(error)")
            roster.ended(post, .died(hadJobs: false), at: Self.now())
        }
    }

    /// Sleeps. Returns the sources that are ready.
    private func wait() -> [Source] {
        var sources: [Source] = [.mailbox, .bell]
        var descriptors = [mailbox.reading, bell.read]
        var limit = children.isEmpty ? roster.next : min(roster.next, memory.next)
        for child in children.values {
            if child.errors >= 0 {
                sources.append(.errors(child))
                descriptors.append(child.errors)
            }
            if child.end >= 0 {
                sources.append(.end(child))
                descriptors.append(child.end)
            }
            // Half a line waits briefly for its other half; a child without an end descriptor is polled.
            if child.relay.holdsBack { limit = min(limit, Self.now() + 100_000) }
            if child.end < 0 { limit = min(limit, Self.now() + 50_000) }
        }
        var watched = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let left = limit == .max ? -1 : max(0, limit - Self.now() + 999) / 1000
        if poll(&watched, nfds_t(watched.count), Int32(clamping: left)) == 0 {
            for child in children.values { write(child.relay.flush()) }
        }
        return zip(sources, watched).compactMap { $1.revents == 0 ? nil : $0 }
    }

    private func serve(_ source: Source) {
        switch source {
        case .mailbox: for order in mailbox.collect() { obey(order) }
        case .bell: hearSuspects()
        case .errors(let child): if !relay(child) { child.closeErrors() }
        case .end(let child): bury(child)
        }
    }

    private func obey(_ order: ForemanOrder) {
        switch order {
        case .advance(let stage): perform(roster.advance(to: stage, at: Self.now()))
        case .reported(let suspects):
            reports -= 1
            roster.suspectsWait(suspects, at: Self.now())
        }
    }

    private func hearSuspects() {
        while case .moved = Descriptor.read(bell.read, into: &buffer) {}
        for child in children.values where child.board[.suspect] == 1 {
            child.board[.suspect] = 0
            roster.suspectsWait(1, at: Self.now())
        }
    }

    /// Forwards what a child wrote. Returns false if there is no more: with `untilEmpty` for now, otherwise for good.
    private func relay(_ child: ChildProcess, untilEmpty: Bool = false) -> Bool {
        guard child.errors >= 0 else { return false }
        switch Descriptor.read(child.errors, into: &buffer) {
        case .moved(let count):
            write(child.relay.take(buffer[..<count]))
            return true
        case .blocked: return !untilEmpty
        case .over: return false
        }
    }
}

// The handling of dead children and of their last output.
extension ForemanLoop {
    private func bury(_ child: ChildProcess) {
        guard children[child.post] === child, var autopsy = child.bury() else { return }
        // It writes nothing more. Programs that it started may still write, and are not waited for.
        var rounds = 64
        while rounds > 0, child.errors >= 0, relay(child, untilEmpty: true) { rounds -= 1 }
        write(child.relay.flush())
        children[child.post] = nil
        defer { child.close() }
        wasReady = wasReady || child.board[.ready] != 0 || children.values.contains { $0.board[.ready] != 0 }
        let inquest = child.inquest(ending: autopsy.ending)
        let attempts = inquest.isCrash ? child.attempts : []
        autopsy.jobs = attempts.count
        autopsy.lastWords = child.relay.lastWords
        autopsy.wasShortOfMemory = autopsy.ending == 256 + Int(SIGKILL) && memory.explainsADeath()
        tell(child, inquest, autopsy)
        if !inquest.hasStopped { giveUp(after: child, autopsy) }
        roster.ended(child.post, inquest.ended, at: Self.now())
        guard inquest.isToBeReported else { return }
        reports += 1
        report(Death(worker: WorkerID(bits: child.board[.worker]), attempts: attempts, autopsy: autopsy))
    }

    /// Gives up if a process ends by itself before it has begun and no process has ever begun: another would do no
    /// better.
    private func giveUp(after child: ChildProcess, _ autopsy: Autopsy) {
        guard !wasReady, autopsy.ending < 256, roster.stage == .working else { return }
        problem = .childFailed(status: autopsy.ending)
        perform(roster.advance(to: .stoppingNow, at: Self.now()))
    }

    private func write(_ bytes: [UInt8]) {
        output.write(bytes) {
            "(\($0) bytes of the worker processes' standard error were dropped: nobody read them)"
        }
    }

    private func tell(_ child: ChildProcess, _ inquest: Inquest, _ autopsy: Autopsy) {
        let worker = child.board[.worker] == 0 ? "-" : "\(WorkerID(bits: child.board[.worker]))"
        if !inquest.hasStopped {
            options.worker.log(
                .error, "a worker process died: \(autopsy.summary)",
                ["pid": "\(child.pid)", "worker": worker, "running": "\(autopsy.jobs)"])
        } else if autopsy.ending != 0 {
            options.worker.log(
                .warning, "a worker has stopped in order, but then its process failed: \(autopsy.summary)",
                ["pid": "\(child.pid)", "worker": worker])
        }
    }
}
