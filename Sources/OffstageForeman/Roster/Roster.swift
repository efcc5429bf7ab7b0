// Keeps track of the foreman's posts, without any I/O: which posts there are, when a vacant one is filled again, what
// to tell each child when the foreman is told to stop, and when the foreman is finished. The loop holds one of these
// and carries out the actions it returns.
//
// A pool post is filled again at once when its process died of a job. It is filled more and more slowly when the
// process dies without having run one. A quarantine post is filled while suspects wait: one post for each suspect that
// is reported, and one more each time a worker sees a suspect that no process has taken.

/// The posts of a foreman.
struct Roster: Sendable {
    /// How far the foreman is on its way to the end.
    enum Stage: Int, Comparable, Sendable {
        case working, quiet, stopping, stoppingNow
        static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    /// How a child ended, as far as its post is concerned.
    enum Ending: Sendable, Equatable {
        /// Its worker stopped in order; whether another process should replace it.
        case finished(replace: Bool)
        /// It died or could not be started; whether it had run any job.
        case died(hadJobs: Bool)
    }

    /// What the loop must do.
    enum Action: Sendable, Equatable {
        case start(post: Int)
        case say(ChildOrder, post: Int)
        case kill(post: Int)
    }

    /// One place for a process.
    struct Post: Sendable, Equatable {
        enum State: Sendable, Equatable {
            /// Vacant, to be filled at this moment in microseconds; `Int64.max` for not until it is needed.
            case vacant(until: Int64)
            /// Taken by a process since this moment.
            case manned(since: Int64)
            /// Never filled again.
            case closed
        }

        var kind: PostKind
        var state: State
        /// How often in a row its process died young without having run a job.
        var failures = 0
        /// When its process is killed for not having stopped.
        var killAt = Int64.max

        var isManned: Bool { if case .manned = state { true } else { false } }
    }

    /// A process that dies at a younger age than this, in microseconds, without having run a job counts as a failed
    /// start.
    private static let youth: Int64 = 10_000_000

    private(set) var posts: [Post]
    private(set) var stage = Stage.working
    /// How long children may take to stop, and to stop at once, before they are killed, in microseconds.
    private let patience: (stop: Int64, stopNow: Int64)

    init(processes: Int, isolates: Bool, patience: (stop: Int64, stopNow: Int64)) {
        self.patience = patience
        posts = (0..<processes).map { _ in Post(kind: isolates ? .isolated : .pool, state: .vacant(until: .min)) }
        // An isolated process runs one job at a time anyway, so it may also run suspects.
        if !isolates {
            posts += (0..<processes).map { _ in Post(kind: .quarantine, state: .vacant(until: .max)) }
        }
    }

    /// Whether no post is left to look after.
    var isOver: Bool {
        guard stage != .quiet else { return false }
        return posts.allSatisfy { post in
            switch post.state {
            case .closed: true
            case .manned: false
            case .vacant: post.kind == .quarantine
            }
        }
    }

    private var hasPool: Bool { posts.contains { $0.kind != .quarantine && $0.state != .closed } }

    /// When to check again, in microseconds; `Int64.max` for not until something happens.
    var next: Int64 {
        posts.reduce(.max) { next, post in
            switch post.state {
            case .vacant(let until): min(next, stage == .working ? until : .max)
            case .manned: min(next, post.killAt)
            case .closed: next
            }
        }
    }

    /// Returns what is due at a moment, and records it as done.
    mutating func due(at now: Int64) -> [Action] {
        var actions: [Action] = []
        for index in posts.indices {
            switch posts[index].state {
            case .vacant(let until) where until <= now && stage == .working:
                posts[index].state = .manned(since: now)
                posts[index].killAt = .max
                actions.append(.start(post: index))
            case .manned where posts[index].killAt <= now:
                posts[index].killAt = .max
                actions.append(.kill(post: index))
            case .vacant, .manned, .closed: break
            }
        }
        return actions
    }

    /// Records that a post's process has ended.
    mutating func ended(_ index: Int, _ ending: Ending, at now: Int64) {
        guard case .manned(let since) = posts[index].state else { return }
        let isQuarantine = posts[index].kind == .quarantine
        switch ending {
        case .finished(replace: false):
            posts[index].failures = 0
            posts[index].state = isQuarantine ? .vacant(until: .max) : .closed
        case .finished(replace: true):
            posts[index].failures = 0
            posts[index].state = .vacant(until: now)
        case .died(hadJobs: true):
            posts[index].failures = 0
            // A quarantine post waits until its suspect's crash is on the record, so that it can reserve the suspect
            // again.
            posts[index].state = .vacant(until: isQuarantine ? .max : now)
        case .died(hadJobs: false):
            if now - since >= Self.youth { posts[index].failures = 0 }
            posts[index].state = .vacant(until: now + Self.pause(after: posts[index].failures))
            posts[index].failures += 1
        }
        if stage != .working { posts[index].state = .closed }
    }

    /// How long a post stays vacant after this many failures before the current one: 0, 1, 2, 4 … 30 s.
    private static func pause(after failures: Int) -> Int64 {
        failures == 0 ? 0 : min(30, 1 << Int64(min(failures - 1, 5))) * 1_000_000
    }

    /// Records that `count` suspects wait.
    mutating func suspectsWait(_ count: Int, at now: Int64) {
        guard stage == .working, hasPool else { return }
        let quarantine = posts.indices.filter { posts[$0].kind == .quarantine }
        // A post that is vacant because its processes die young helps no suspect.
        let soon = quarantine.count { posts[$0].state.isDue(at: now) }
        let free = quarantine.filter { posts[$0].state == .vacant(until: .max) }
        for index in free.prefix(max(0, count - soon)) { posts[index].state = .vacant(until: now) }
    }

    /// Advances to a later stage. Returns what to tell each child.
    mutating func advance(to stage: Stage, at now: Int64) -> [Action] {
        guard stage > self.stage else { return [] }
        self.stage = stage
        var actions: [Action] = []
        for index in posts.indices {
            guard posts[index].isManned else {
                posts[index].state = .closed
                continue
            }
            switch stage {
            case .working: break
            case .quiet: actions.append(.say(.quiet, post: index))
            case .stopping:
                posts[index].killAt = now + patience.stop
                actions.append(.say(.stop, post: index))
            case .stoppingNow:
                posts[index].killAt = now + patience.stopNow
                actions.append(.say(.stopNow, post: index))
            }
        }
        return actions
    }
}

extension Roster.Post.State {
    /// Whether a process is about to be started here.
    fileprivate func isDue(at now: Int64) -> Bool { if case .vacant(let until) = self { until <= now } else { false } }
}
