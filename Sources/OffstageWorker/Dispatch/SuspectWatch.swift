// A job under which processes died twice is given only to a worker that holds nothing else (DESIGN §2, promise 7), and
// takes the whole worker while it runs. This decides what a worker wants of suspects, so that neither they nor ordinary
// jobs wait for ever:
//
// - A busy worker never holds nothing by itself. When a suspect has waited for long enough, it asks the store for the
//   turn, and stops reserving until it is empty. The wait is drawn at random, so that not all ask at once; room is made
//   only for a while, because one handler that runs for a day must not keep the other slots idle for a day.
// - The store gives the turn so that of several workers one at least goes on with ordinary jobs. A worker that is
//   refused asks again a little later.
// - A worker that has run a suspect owes ordinary jobs the same time before it takes the next: alone, it alternates. If
//   there is nothing else to do for a while, it forgets the debt.
import OffstageCore

/// Decides what a worker wants of crash suspects, and when it makes room for one.
struct SuspectWatch: Sendable {
    /// What a reservation says of suspects.
    struct Wish: Sendable, Equatable {
        var choice: SuspectChoice
        /// For how long the turn is asked for, in microseconds.
        var turn: Int64?
    }

    private enum State {
        case calm
        /// One waits; from a moment on the turn is asked for.
        case waiting(until: Int64)
        case makingRoom(until: Int64)
        /// Room was made in vain.
        case resting(until: Int64)
        /// It was another worker's turn.
        case refused(until: Int64)
        /// A suspect has run; since when there was nothing else to do.
        case repaying(until: Int64, idleSince: Int64?)
    }

    private let choice: SuspectChoice
    private let patience: ClosedRange<Int64>
    private let room: Int64
    private var state = State.calm
    /// Since when the worker runs a suspect, and therefore nothing else.
    private var aloneSince: Int64?
    private var hasEnded = false

    init(_ choice: SuspectChoice = .alone, patience: ClosedRange<Int64>, room: Int64) {
        self.choice = choice
        self.patience = patience
        self.room = room
    }

    /// What the next reservation says of suspects.
    mutating func wish(at now: Int64) -> Wish {
        guard choice == .alone else { return Wish(choice: choice) }
        advance(to: now)
        switch state {
        case .refused, .repaying: return Wish(choice: .never)
        case .waiting(let until) where now >= until: return Wish(choice: .alone, turn: room)
        case .calm, .waiting, .makingRoom, .resting: return Wish(choice: .alone)
        }
    }

    /// Takes what a reservation brought and says of suspects; `fraction` is a random number from 0 to 1.
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

    /// Takes that nothing runs any more.
    mutating func nothingRuns() { hasEnded = aloneSince != nil }

    /// Whether the worker must not reserve now; `holding` is how many leases it holds.
    mutating func holdsBack(at now: Int64, holding: Int) -> Bool {
        advance(to: now)
        if aloneSince != nil { return holding > 0 }
        guard case .makingRoom = state else { return false }
        return holding > 0
    }

    /// How long it is until a suspect is asked for again, if that is what keeps it waiting.
    func pause(at now: Int64) -> Int64? {
        switch state {
        case .refused(let until), .repaying(let until, nil): until - now
        case .repaying(let until, let idle?): min(until, idle + room) - now
        case .waiting(let until): max(0, until - now)
        case .calm, .makingRoom, .resting: nil
        }
    }

    /// Forgets what is owed to ordinary jobs, of which there are none.
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
