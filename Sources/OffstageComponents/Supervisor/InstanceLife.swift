// The life of one process of a component, as a value: what happened, and what follows from it. It contains no clock and
// no process, so that every path can be tested in a moment.
//
//     starting ──ready──▶ running
//        │                  │   ended by itself
//        └────────┬─────────┘──────────────▶ waiting ──▶ starting …
//                 │ told to stop
//                 ▼
//              stopping ──▶ stopped
//
// A process that ends by itself is restarted after 0, 1, 2, 4, 8, 16 and then 30 s. One that stayed up for a minute
// starts over at 0. Five ends within a minute make it failing: it is tried once a minute, and this is reported once.
import OffstageCore

/// The state of one process of a component.
package struct InstanceLife: Sendable, Hashable {
    /// The phase of its life.
    package enum Phase: String, Sendable, Hashable, CaseIterable {
        case starting, running, waiting, stopping, stopped
    }

    /// What to do after an end.
    package enum Next: Sendable, Hashable {
        /// Start it again after this time. `isFailing` is true only once, to report that it keeps dying.
        case again(after: Duration, isFailing: Bool)
        /// Do nothing more, because it was told to stop.
        case gone
    }

    /// How long a process must run to count as healthy.
    package static let goodAge = Duration.seconds(60)
    /// How many ends within `goodAge` make it failing.
    package static let mostDeaths = 5
    /// The pause between two tries of a failing process.
    package static let failingPause = Duration.seconds(60)
    private static let longestPause = 30

    /// The current phase.
    package private(set) var phase = Phase.starting
    /// How many times it was restarted.
    package private(set) var restarts = 0
    /// Whether it keeps dying.
    package private(set) var isFailing = false
    /// The time at which the phase began, in microseconds of the monotonic clock.
    package private(set) var since: Int64
    /// How it ended last.
    package private(set) var lastEnd: String?
    private var deaths: [Int64] = []
    private var inARow = 0
    private var startedAt: Int64

    /// Creates the state of a process that is about to be started.
    package init(now: Int64) {
        since = now
        startedAt = now
    }

    /// Returns whether to report it as failing. It no longer is once it has run for `goodAge`, though `isFailing` is
    /// reset only at its end.
    package func isFailing(at now: Int64) -> Bool {
        isFailing && !(phase == .running && now - startedAt >= Self.goodAge.microseconds)
    }

    /// Records that it is about to be started. Returns false if it must not be started any more.
    package mutating func begin(now: Int64) -> Bool {
        guard phase == .waiting || phase == .starting else { return false }
        if phase == .waiting { restarts += 1 }
        enter(.starting, now)
        startedAt = now
        return true
    }

    /// Records that it is ready. Returns false if it was not starting.
    package mutating func ready(now: Int64) -> Bool {
        guard phase == .starting else { return false }
        enter(.running, now)
        return true
    }

    /// Records that it was told to stop. Returns whether there may be a process to signal.
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

    /// Records that it ended or could not be started, and returns what to do.
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

    /// Returns the pause after this many ends in a row.
    static func pause(_ inARow: Int) -> Duration {
        guard inARow > 1 else { return .zero }
        return .seconds(inARow > 6 ? longestPause : min(longestPause, 1 << (inARow - 2)))
    }

    private mutating func enter(_ phase: Phase, _ now: Int64) {
        self.phase = phase
        since = now
    }
}
