// The life of one process of a component, as a value: what happened, and what follows from it. No clock and no process
// in here, so that every way through it can be tested in a moment.
//
//     starting ──ready──▶ running
//        │                  │   ended by itself
//        └────────┬─────────┘──────────────▶ waiting ──▶ starting …
//                 │ told to stop
//                 ▼
//              stopping ──▶ stopped
//
// A process that ends by itself is started again after 0, 1, 2, 4, 8, 16 and then 30 s; one that stayed up for a minute
// begins again at 0. Five ends within a minute make it failing: it is tried once a minute, and said so once.
import OffstageCore

/// What is known of one process of a component.
package struct InstanceLife: Sendable, Hashable {
    /// Where it stands.
    package enum Phase: String, Sendable, Hashable, CaseIterable {
        case starting, running, waiting, stopping, stopped
    }

    /// What to do after an end.
    package enum Next: Sendable, Hashable {
        /// Start it again after this time; `isFailing` is true once, when it is to be told that it keeps dying.
        case again(after: Duration, isFailing: Bool)
        /// Nothing more: it was told to stop.
        case gone
    }

    /// How long a process must live to count as well.
    package static let goodAge = Duration.seconds(60)
    /// How many ends within `goodAge` make it failing.
    package static let mostDeaths = 5
    /// How often a failing one is tried.
    package static let failingPause = Duration.seconds(60)
    private static let longestPause = 30

    /// Where it stands.
    package private(set) var phase = Phase.starting
    /// How often it was started again.
    package private(set) var restarts = 0
    /// Whether it keeps dying.
    package private(set) var isFailing = false
    /// When the phase began, in microseconds of the monotonic clock.
    package private(set) var since: Int64
    /// How it ended last.
    package private(set) var lastEnd: String?
    private var deaths: [Int64] = []
    private var inARow = 0
    private var startedAt: Int64

    /// A process that is about to be started.
    package init(now: Int64) {
        since = now
        startedAt = now
    }

    /// Whether it is to be called failing: not any more once it has lived for `goodAge`, though it has yet to end.
    package func isFailing(at now: Int64) -> Bool {
        isFailing && !(phase == .running && now - startedAt >= Self.goodAge.microseconds)
    }

    /// It is about to be started once more; answers whether it still should be.
    package mutating func begin(now: Int64) -> Bool {
        guard phase == .waiting || phase == .starting else { return false }
        if phase == .waiting { restarts += 1 }
        enter(.starting, now)
        startedAt = now
        return true
    }

    /// It does what it is there for; answers whether this is news.
    package mutating func ready(now: Int64) -> Bool {
        guard phase == .starting else { return false }
        enter(.running, now)
        return true
    }

    /// It was told to stop; answers whether there may be a process to be told.
    package mutating func stop(now: Int64) -> Bool {
        switch phase {
        case .starting, .running:
            enter(.stopping, now)
            return true
        case .waiting:
            enter(.stopped, now)
            return false
        case .stopping, .stopped: return false
        }
    }

    /// It ended, or could not be started.
    package mutating func ended(_ how: String, now: Int64) -> Next {
        lastEnd = how
        guard phase == .starting || phase == .running else {
            enter(.stopped, now)
            return .gone
        }
        let minute = Self.goodAge.microseconds
        if now - startedAt >= minute {
            inARow = 0
            isFailing = false
        }
        inARow += 1
        deaths = deaths.filter { now - $0 < minute } + [now]
        enter(.waiting, now)
        if isFailing { return .again(after: Self.failingPause, isFailing: false) }
        guard deaths.count < Self.mostDeaths else {
            isFailing = true
            return .again(after: Self.failingPause, isFailing: true)
        }
        return .again(after: Self.pause(inARow), isFailing: false)
    }

    /// The pause after so many ends in a row.
    static func pause(_ inARow: Int) -> Duration {
        guard inARow > 1 else { return .zero }
        return .seconds(inARow > 6 ? longestPause : min(longestPause, 1 << (inARow - 2)))
    }

    private mutating func enter(_ phase: Phase, _ now: Int64) {
        self.phase = phase
        since = now
    }
}
