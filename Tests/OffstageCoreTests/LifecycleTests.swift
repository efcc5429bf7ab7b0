// docs/lifecycle.md contains the transition table that stores follow. This test compares the two in both directions.
import Foundation
import OffstageCore
import Testing

@Suite struct LifecycleTests {
    private struct Arrow: Hashable {
        let from: JobState
        let event: JobEvent
        let to: String
    }

    private static func drawn() throws -> [Arrow] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/lifecycle.md"), encoding: .utf8)
        let block = try #require(page.components(separatedBy: "```mermaid\nstateDiagram-v2\n").dropFirst().first)
        let lines = try #require(block.components(separatedBy: "```").first).split(separator: "\n")
        return try lines.map { line in
            let words = line.split(separator: " ").map(String.init)
            try #require(words.count == 4 && words[1] == "-->" && words[2].hasSuffix(":"), "\(line)")
            let from = try #require(JobState(name: words[0]), "\(line)")
            let event = try #require(JobEvent(rawValue: words[3]), "\(line)")
            return Arrow(from: from, event: event, to: String(words[2].dropLast()))
        }
    }

    private static func tabulated() -> [Arrow] {
        JobState.allCases.flatMap { state in
            JobEvent.allCases.compactMap { event in
                switch state.after(event) {
                case .to(let next): Arrow(from: state, event: event, to: next.name)
                case .gone: Arrow(from: state, event: event, to: "gone")
                case .asked: Arrow(from: state, event: event, to: state.name)
                case .refused: nil
                }
            }
        }
    }

    @Test func thePageDrawsExactlyTheTable() throws {
        let drawn = try Self.drawn()
        #expect(Set(drawn).count == drawn.count, "an arrow is drawn twice")
        #expect(Set(drawn).subtracting(Self.tabulated()) == [], "drawn, but not in the table")
        #expect(Set(Self.tabulated()).subtracting(drawn) == [], "in the table, but not drawn")
    }

    @Test func everyStateIsReachedAndEveryEventCanHappen() {
        let arrows = Self.tabulated()
        // New jobs are held, scheduled or available. Every other state must be reached by an event.
        let reached = Set(arrows.map(\.to)).union(["held", "scheduled", "available"])
        for state in JobState.allCases { #expect(reached.contains(state.name), "\(state.name)") }
        for event in JobEvent.allCases { #expect(arrows.contains { $0.event == event }, "\(event.rawValue)") }
    }

    @Test func onlyAHandOrARemovalMovesAJobThatHasEnded() {
        for state in JobState.allCases where state.isEnded {
            for event in JobEvent.allCases where event != .retriedByHand && event != .removed {
                #expect(state.after(event) == .refused, "\(state.name) \(event.rawValue)")
            }
        }
    }

    @Test func statesAreEitherHeldWaitingRunningOrEnded() {
        for state in JobState.allCases {
            let kinds = [state == .held, state.isWaiting, state == .running, state.isEnded].filter { $0 }
            #expect(kinds.count == 1, "\(state.name)")
            #expect(JobState(name: state.name) == state)
        }
        #expect(JobState(name: "Available") == nil)
    }
}
