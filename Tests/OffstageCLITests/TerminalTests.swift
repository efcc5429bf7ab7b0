// Tables, keys and the screen of `top`, without a terminal.
import OffstageCore
import Testing

@testable import OffstageCLI

@Suite struct TerminalTests {
    @Test func tablesAreAsWideAsTheyNeedAndCutOnlyForATerminal() {
        var table = Table("name", "#n", "about")
        table.add("a", "5", "short")
        table.add("longer", "12345", "a long text that does not fit")
        let plain = Style(isOn: false)
        #expect(
            table.lines(width: nil, style: plain) == [
                "NAME        N  ABOUT", "a           5  short", "longer  12345  a long text that does not fit",
            ])
        #expect(table.lines(width: 22, style: plain)[2] == "longer  12345  a long…")
        for width in 1...40 {
            #expect(table.lines(width: width, style: plain).allSatisfy { $0.count <= width }, "\(width)")
        }
    }

    @Test func keysAreReadFromTheirBytes() {
        #expect(
            Key.read(Array("q\u{1B}[A\u{1B}OB\u{1B}[1;5C\u{3}\u{1B}[6~".utf8))
                == [.character("q"), .up, .down, .right, .control("c"), .pageDown])
        #expect(Key.read([0x1B]) == [.escape])
        #expect(Key.read(Array("\u{1B}[".utf8)).isEmpty)
    }

    @Test(arguments: [(80, 24), (200, 50), (40, 10), (20, 6)])
    func thePictureFillsExactlyTheWindow(_ columns: Int, rows: Int) {
        var counts = StoreCounts(at: Timestamp(microseconds: 1_800_000_000_000_000))
        counts.lanes = (0..<40).map { index in
            LaneCounts(queue: "queue\(index)", type: "t", byState: [1, 2, 1_234_567, 4, 5, 6, 7, 8])
        }
        counts.paused = ["queue3"]
        var minute = HistoryRow(minute: counts.at, type: "mail.send")
        minute.completed = 600
        let snapshot = TopSnapshot(counts: counts, history: [minute], workers: [], running: [], discarded: [])
        var view = TopView(location: "sqlite:offstage.db", style: Style(isOn: false))
        view.frame.size = TerminalSize(columns: columns, rows: rows)
        #expect(view.lines() == nil)
        view.take(snapshot)
        for _ in TopFrame.Page.allCases {
            let lines = view.lines() ?? []
            #expect(lines.count == rows)
            #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
            #expect(view.reaction(to: .key(.right)) == .go)
        }
        #expect(view.frame.page == .queues)
    }

    @Test func keysMoveThroughTheRowsAndQuit() {
        var counts = StoreCounts(at: Timestamp(microseconds: 1_800_000_000_000_000))
        counts.paused = (0..<50).map { "q\($0)" }
        var view = TopView(location: "x", style: Style(isOn: false))
        view.take(TopSnapshot(counts: counts, history: [], workers: [], running: [], discarded: []))
        #expect(view.lines()?.contains { $0.hasPrefix("q0 ") } == true)
        _ = view.reaction(to: .key(.down))
        #expect(view.lines()?.contains { $0.hasPrefix("q0 ") } == false)
        for _ in 0..<100 { _ = view.reaction(to: .key(.pageDown)) }
        #expect(view.frame.scrolled == 49)
        for _ in 0..<100 { _ = view.reaction(to: .key(.up)) }
        #expect(view.frame.scrolled == 0)
        #expect(view.reaction(to: .key(.character("q"))) == .quit(nil))
        #expect(view.reaction(to: .key(.control("c"))) == .quit(nil))
        #expect(view.reaction(to: .end(15)) == .quit(15))
        #expect(view.reaction(to: .suspend) == .sleep)
    }

    @Test func ratesComeFromWhatEndedBetweenTwoLooks() {
        let start = Timestamp(microseconds: 1_800_000_000_000_000)
        var minute = HistoryRow(minute: start, type: "a")
        minute.completed = 100
        let first = TopSnapshot(
            counts: StoreCounts(at: start), history: [minute], workers: [], running: [], discarded: [])
        minute.completed = 150
        minute.failed = 10
        let second = TopSnapshot(
            counts: StoreCounts(at: start + .seconds(2)), history: [minute], workers: [], running: [], discarded: [])
        #expect(second.rates(since: first) == (25, 5))
        #expect(second.completedByMinute.last == 150)
    }
}
