// The view that `top` shows. It is a pure function of the snapshot, the window's size and the user's position, so that
// it can be tested without a terminal.
import OffstageCore
import OffstageMonitor

/// Builds the lines of `top`'s view.
struct TopFrame {
    /// The pages, from left to right.
    enum Page: String, CaseIterable {
        case queues, running, workers, types, discarded
    }

    var location: String
    var page = Page.queues
    /// The number of rows scrolled away.
    var scrolled = 0
    /// The error of the last read; empty if it succeeded.
    var trouble = ""
    var size = TerminalSize(columns: 80, rows: 24)
    var style = Style(isOn: false)

    private static let blocks: [Character] = Array(" ▁▂▃▄▅▆▇█")

    /// Returns the lines of the view, exactly as many as the window has rows.
    func lines(_ now: TopSnapshot, rates: (completed: Double, failed: Double)) -> [String] {
        var lines = [heading(now), totals(now), throughput(now, rates), pages(), ""]
        let body = table(now).lines(width: size.columns, style: style)
        let room = max(1, size.rows - lines.count - 2)
        lines += body.prefix(1)
        let rows = body.dropFirst()
        let first = min(scrolled, max(0, rows.count - room))
        lines += rows.dropFirst(first).prefix(room)
        while lines.count < size.rows - 1 { lines.append("") }
        let hidden = rows.count - first - room
        let more = hidden > 0 ? "\(hidden) more below   " : ""
        let keys = "\(more)q quit   ←/→ page   ↑/↓ scroll"
        lines = Array(lines.prefix(size.rows - 1))
        lines.append(trouble.isEmpty ? style(.dim, fit(keys)) : style(.red, fit(trouble)))
        return lines
    }

    /// Returns the number of rows of the page.
    func rowCount(_ now: TopSnapshot) -> Int { table(now).rows.count }

    private func heading(_ now: TopSnapshot) -> String {
        let clock = String(now.counts.at.description.dropFirst(11).prefix(8)) + " UTC"
        let title = fit("offstage top  \(location)", to: size.columns - clock.count - 1)
        let gap = String(repeating: " ", count: max(1, size.columns - title.count - clock.count))
        return style(.bold, title) + gap + clock
    }

    private func totals(_ now: TopSnapshot) -> String {
        let busy = now.workers.reduce(0) { $0 + $1.running.count }
        let room = now.workers.reduce(0) { $0 + $1.status.concurrency }
        let states: [(JobState, String)] = [
            (.available, "available"), (.running, "running"), (.scheduled, "scheduled"), (.retryable, "retrying"),
            (.discarded, "discarded"),
        ]
        let counts = states.map { "\(Figures.short(now.counts.total($0.0))) \($0.1)" }.joined(separator: "  ")
        let workers = now.workers.count == 1 ? "1 worker" : "\(now.workers.count) workers"
        return fit("\(counts)  \(workers) \(busy)/\(room)")
    }

    private func throughput(_ now: TopSnapshot, _ rates: (completed: Double, failed: Double)) -> String {
        let bars = now.completedByMinute
        let most = max(1, bars.max() ?? 1)
        let text = "\(Figures.rate(rates.completed))/s done  \(Figures.rate(rates.failed))/s failed  "
        let room = max(0, min(bars.count, size.columns - text.count - 8))
        let graph = bars.suffix(room).map { bar in
            Self.blocks[bar == 0 ? 0 : max(1, bar * (Self.blocks.count - 1) / most)]
        }
        return fit(text) + (room > 0 ? style(.green, String(graph)) + style(.dim, " 1 hour") : "")
    }

    private func pages() -> String {
        var room = size.columns
        return Page.allCases.compactMap { each in
            let name = " \(each.rawValue) "
            room -= name.count
            guard room >= 0 else { return nil }
            return each == page ? (style.isOn ? "\u{1B}[7m\(name)\u{1B}[0m" : "[\(each.rawValue)]") : name
        }.joined()
    }

    private func table(_ now: TopSnapshot) -> Table {
        let at = now.counts.at
        return switch page {
        case .queues: Table.of(QueueOverview.of(now.counts), isBrief: true)
        case .running: Table.of(now.running, since: "runs", now: at) { $0.attemptedAt }
        case .workers: Table.of(now.workers, now: at)
        case .types: Table.of(TypeActivity.of(now.history))
        case .discarded: Table.of(now.discarded, since: "ago", now: at) { $0.finishedAt }
        }
    }

    private func fit(_ text: String, to room: Int? = nil) -> String {
        String(text.prefix(max(0, room ?? size.columns)))
    }
}
