// A progress bar for long commands, shown on a terminal only. It is drawn at most ten times a second, by the clock
// passed in, so that it does not slow the command down.
import OffstageCore

/// A progress bar at the bottom of the terminal.
struct ProgressBar {
    private static let cells = 24
    private static let interval: Int64 = 100_000

    private let output: Output
    private let time: any TimeSource
    private let label: String
    private let began: Int64
    private var drawn: Int64 = .min

    /// Creates a bar with a label in front.
    init(_ label: String, output: Output, time: any TimeSource) {
        self.output = output
        self.time = time
        self.label = label
        began = time.monotonicMicroseconds()
    }

    /// Shows the number of items done, and the fraction of the whole if it is known.
    mutating func show(_ done: Int, fraction: Double? = nil) {
        let now = time.monotonicMicroseconds()
        guard now - Self.interval >= drawn else { return }
        drawn = now
        let seconds = max(0.001, Double(now - began) / 1_000_000)
        let rate = "\(Figures.grouped(Int(Double(done) / seconds)))/s"
        guard let fraction else {
            output.status("\(label) \(Figures.grouped(done))  \(rate)")
            return
        }
        let part = min(1, max(0, fraction))
        let full = Int(part * Double(Self.cells))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.cells - full)
        output.status("\(label) \(bar) \(Int(part * 100))%  \(Figures.grouped(done))  \(rate)")
    }

    /// Removes the bar.
    func end() { output.status("") }
}
