// A job under which processes died twice is given only to a worker that holds nothing else (DESIGN §2, promise 7), and
// it takes the whole worker while it runs. This type decides which suspects a worker requests, so that neither suspects
// nor ordinary jobs wait forever:
//
// - A busy worker never runs empty by itself. When a suspect has waited long enough, the worker asks the store for the
//   turn and stops reserving until it is empty. The wait is random, so that not all workers ask at once. Making room is
//   limited in time, because one handler that runs for a day must not keep the other slots idle for a day.
// - The store grants the turn so that at least one of several workers continues with ordinary jobs. A worker that is
//   refused asks again a little later.
// - A worker that has run a suspect owes ordinary jobs the same time before it takes the next suspect. A lone worker
//   thus alternates. If it has nothing else to do for a while, it forgets the debt.
import OffstageCore

/// Decides which crash suspects a worker requests, and when it makes room for one.
struct SuspectWatch: Sendable {
    /// What a reservation requests of suspects.
    struct Wish: Sendable, Equatable {
        var choice: SuspectChoice
        /// How long a turn is requested for, in microseconds; nil to request none.
        var turn: Int64?
    }

    private enum State {
        case calm
        /// A suspect waits; from `until` on the turn is requested.
        case waiting(until: Int64)
        case makingRoom(until: Int64)
        /// Making room brought no suspect.
        case resting(until: Int64)
        /// Another worker had the turn.
        case refused(until: Int64)
        /// A suspect has run. `idleSince` is the moment since which there has been nothing else to do.
        case repaying(until: Int64, idleSince: Int64?)
    }

    private let choice: SuspectChoice
    private let patience: ClosedRange<Int64>
    private let room: Int64
    private var state = State.calm
    /// Since when the worker has been running a suspect, and therefore nothing else.
    private var aloneSince: Int64?
    private var hasEnded = false

    init(_ choice: SuspectChoice = .alone, patience: ClosedRange<Int64>, room: Int64) {
        self.choice = choice
        self.patience = patience
        self.room = room
    }

    /// What the next reservation requests of suspects.
    mutating func wish(at now: Int64) -> Wish {
        guard choice == .alone else { return Wish(choice: choice) }
        advance(to: now)
        switch state {
        case .refused, .repaying: return Wish(choice: .never)
        case .waiting(let until) where now >= until: return Wish(choice: .alone, turn: room)
        case .calm, .waiting, .makingRoom, .resting: return Wish(choice: .alone)
        }
    }

    /// Takes the result of a reservation; `fraction` is a random number from 0 to 1.
    mutating func saw(
        _ reservation: Reservation, for wish: Wish, holding: Int, at now: Int64, fraction: Double
    ) {
        if reservation.jobs.count == 1, reservation.jobs[0].isSuspect {
            aloneSince = now
            state = .calm
            return
        }
        guard choice == .alone else { return }
        advance(to: now)
        let isWaiting = reservation.suspectWaiting
        let wasRefused = isWaiting && wish.choice == .alone && (holding == 0 || wish.turn != nil)
        switch state {
        case _ where reservation.hasTurn: state = .makingRoom(until: now + room)
        case .repaying(let until, let idle):
            let isIdle = holding == 0 && reservation.jobs.isEmpty
            state = .repaying(until: until, idleSince: isIdle ? idle ?? now : nil)
            advance(to: now)
        case .refused: break
        case _ where wasRefused:
            state = .refused(until: now + patience.lowerBound + Int64(Double(patience.lowerBound) * fraction))
        case .calm where isWaiting:
            let span = Double(patience.upperBound - patience.lowerBound)
            state = .waiting(until: now + patience.lowerBound + Int64(span * fraction))
        case .waiting where !isWaiting, .makingRoom where !isWaiting: state = .calm
        case .calm, .waiting, .makingRoom, .resting: break
        }
    }

    /// Records that no job runs any more.
    mutating func nothingRuns() { hasEnded = aloneSince != nil }

    /// Whether the worker must not reserve now; `holding` is how many leases it holds.
    mutating func holdsBack(at now: Int64, holding: Int) -> Bool {
        advance(to: now)
        if aloneSince != nil { return holding > 0 }
        guard case .makingRoom = state else { return false }
        return holding > 0
    }

    /// The time in microseconds until a suspect is requested again; nil if a suspect does not wait for that.
    func pause(at now: Int64) -> Int64? {
        switch state {
        case .refused(let until), .repaying(let until, nil): until - now
        case .repaying(let until, let idle?): min(until, idle + room) - now
        case .waiting(let until): max(0, until - now)
        case .calm, .makingRoom, .resting: nil
        }
    }

    /// Forgets the debt to ordinary jobs, because there are none.
    mutating func forgive() {
        if case .repaying = state { state = .calm }
    }

    private mutating func advance(to now: Int64) {
        if hasEnded, let since = aloneSince {
            hasEnded = false
            aloneSince = nil
            if choice == .alone { state = .repaying(until: now + (now - since), idleSince: nil) }
        }
        switch state {
        case .makingRoom(let until) where now >= until: state = .resting(until: now + room)
        case .resting(let until) where now >= until, .refused(let until) where now >= until,
            .repaying(let until, _) where now >= until:
            state = .calm
        case .repaying(_, let idle?) where now >= idle + room: state = .calm
        default: break
        }
    }
}
