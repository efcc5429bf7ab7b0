// The state of `top`: what it knows and the user's position, changed by events. It is a state machine without a
// terminal, so that the effect of a key can be tested.
import OffstageCore

/// The state of `top`.
struct TopView {
    /// What an event asks of the terminal's owner.
    enum Reaction: Equatable {
        /// Continue.
        case go
        /// Draw everything again.
        case redraw
        /// Restore the terminal and suspend the program until it is continued.
        case sleep
        /// End, by a signal if there is one.
        case quit(Int32?)
    }

    /// The view's settings.
    var frame: TopFrame
    private var now: TopSnapshot?
    private var rates: (completed: Double, failed: Double) = (0, 0)

    init(location: String, style: Style) {
        frame = TopFrame(location: location, style: style)
    }

    /// Stores a new snapshot.
    mutating func take(_ snapshot: TopSnapshot) {
        if let now { rates = snapshot.rates(since: now) }
        now = snapshot
        frame.trouble = ""
    }

    /// Returns the view; nil before the first snapshot, unless reading it failed.
    func lines() -> [String]? {
        if let now { return frame.lines(now, rates: rates) }
        return frame.trouble.isEmpty ? nil : [Printable.line(frame.trouble), "q quit"]
    }

    /// Handles an event and returns what remains to be done.
    mutating func reaction(to event: TerminalEvent) -> Reaction {
        switch event {
        case .redraw: return .redraw
        case .suspend: return .sleep
        case .end(let signal): return .quit(signal)
        case .key(let key): return reaction(to: key)
        }
    }

    private mutating func reaction(to key: Key) -> Reaction {
        let page = max(1, frame.size.rows - 8)
        switch key {
        case .character("q"), .escape, .control("c"): return .quit(nil)
        case .control("z"): return .sleep
        case .control("l"): return .redraw
        case .left, .character("h"): turn(-1)
        case .right, .character("l"): turn(1)
        case .up, .character("k"): scroll(-1)
        case .down, .character("j"): scroll(1)
        case .pageUp: scroll(-page)
        case .pageDown, .character(" "): scroll(page)
        default: break
        }
        return .go
    }

    private mutating func turn(_ step: Int) {
        let pages = TopFrame.Page.allCases
        let index = pages.firstIndex(of: frame.page) ?? 0
        frame.page = pages[(index + step + pages.count) % pages.count]
        frame.scrolled = 0
    }

    private mutating func scroll(_ step: Int) {
        let last = max(0, (now.map { frame.rowCount($0) } ?? 0) - 1)
        frame.scrolled = min(last, max(0, frame.scrolled + step))
    }
}
