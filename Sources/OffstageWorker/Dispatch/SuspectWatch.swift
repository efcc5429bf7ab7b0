// A job under which processes died twice is given only to a worker that holds nothing else (DESIGN §2, promise 7). A
// busy worker never holds nothing by itself, so when such a suspect waits for long enough the worker stops reserving
// until it is empty, and asks then. The wait is drawn at random so that not a whole fleet stops at once; and room is
// made only for a while, because one handler that runs for a day must not keep the other slots idle for a day.

/// Decides when a worker makes room for a crash suspect.
struct SuspectWatch: Sendable {
    private enum State {
        case calm
        case waiting(until: Int64)
        case makingRoom(until: Int64)
        case resting(until: Int64)
    }

    private let patience: ClosedRange<Int64>
    private let room: Int64
    private var state = State.calm
    /// Whether the worker runs a suspect, and therefore nothing else.
    var isAlone = false

    init(patience: ClosedRange<Int64>, room: Int64) {
        self.patience = patience
        self.room = room
    }

    /// Takes a reservation's word; `fraction` is a random number from 0 to 1.
    mutating func saw(suspectWaiting: Bool, at now: Int64, fraction: Double) {
        switch state {
        case .calm:
            guard suspectWaiting else { return }
            let span = Double(patience.upperBound - patience.lowerBound)
            state = .waiting(until: now + patience.lowerBound + Int64(span * fraction))
        case .waiting, .makingRoom:
            if !suspectWaiting { state = .calm }
        case .resting(let until):
            if now >= until { state = .calm }
        }
    }

    /// Whether the worker must not reserve now; `holding` is how many leases it holds.
    mutating func holdsBack(at now: Int64, holding: Int) -> Bool {
        if isAlone { return holding > 0 }
        if case .waiting(let until) = state, now >= until { state = .makingRoom(until: now + room) }
        guard case .makingRoom(let until) = state else { return false }
        if now >= until { state = .resting(until: now + room) }
        return now < until && holding > 0
    }
}
