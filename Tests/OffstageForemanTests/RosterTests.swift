// The foreman's decisions about its posts, moment by moment.
import Testing

@testable import OffstageForeman

@Suite struct RosterTests {
    private static let second: Int64 = 1_000_000
    private var roster = Roster(
        processes: 2, isolates: false, patience: (stop: 35 * second, stopNow: 10 * second))

    @Test mutating func thePoolIsStartedAndTheQuarantineIsNot() {
        #expect(roster.due(at: 0) == [.start(post: 0), .start(post: 1)])
        #expect(roster.due(at: 1) == [])
        #expect(roster.next == .max)
        #expect(!roster.isOver)
    }

    @Test mutating func whoDiedOfAJobIsReplacedAtOnceEveryTime() {
        _ = roster.due(at: 0)
        for round in 1...50 {
            roster.ended(0, .died(hadJobs: true), at: Int64(round))
            #expect(roster.due(at: Int64(round)) == [.start(post: 0)])
        }
    }

    @Test mutating func whoDiesYoungWithoutAJobIsReplacedEverMoreSlowly() {
        _ = roster.due(at: 0)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<9 {
            roster.ended(0, .died(hadJobs: false), at: now)
            let until = max(now, roster.next)
            pauses.append((until - now) / Self.second)
            #expect(pauses.last == 0 || roster.due(at: until - 1) == [])
            #expect(roster.due(at: until) == [.start(post: 0)])
            now = until
        }
        #expect(pauses == [0, 1, 2, 4, 8, 16, 30, 30, 30])
        // A child that has lived for a while is trusted again.
        roster.ended(0, .died(hadJobs: false), at: now + 20 * Self.second)
        #expect(roster.due(at: now + 20 * Self.second) == [.start(post: 0)])
    }

    @Test mutating func eachSuspectThatStillWaitsGetsAnotherQuarantineUpToAsManyAsThereAreProcesses() {
        _ = roster.due(at: 0)
        roster.suspectsWait(1, at: 1)
        roster.suspectsWait(1, at: 1)
        #expect(roster.due(at: 1) == [.start(post: 2)])
        roster.suspectsWait(1, at: 2)
        #expect(roster.due(at: 2) == [.start(post: 3)])
        roster.suspectsWait(1, at: 3)
        #expect(roster.due(at: 3) == [])
        // It ended because there were no suspects, and is started again only when one is reported.
        roster.ended(2, .finished(replace: false), at: 4)
        #expect(roster.due(at: 1000 * Self.second) == [])
        roster.suspectsWait(1, at: 1001 * Self.second)
        #expect(roster.due(at: 1001 * Self.second) == [.start(post: 2)])
        // After a crash, the restart waits for the crash report, which tells whether a suspect waits.
        roster.ended(2, .died(hadJobs: true), at: 1002 * Self.second)
        #expect(roster.due(at: 1002 * Self.second) == [])
    }

    @Test mutating func aDeathWithManySuspectsFillsTheQuarantine() {
        _ = roster.due(at: 0)
        roster.suspectsWait(8, at: 1)
        #expect(roster.due(at: 1) == [.start(post: 2), .start(post: 3)])
        roster.ended(2, .finished(replace: true), at: 2)
        #expect(roster.due(at: 2) == [.start(post: 2)])
        for post in 2...3 { roster.ended(post, .finished(replace: false), at: 3) }
        roster.suspectsWait(0, at: 4)
        #expect(roster.due(at: 4) == [])
        roster.suspectsWait(1, at: 5)
        // A child that is about to be started counts.
        roster.suspectsWait(1, at: 5)
        #expect(roster.due(at: 5) == [.start(post: 2)])
    }

    @Test mutating func aQuarantineThatDiesYoungDoesNotKeepTheOthersWaiting() {
        _ = roster.due(at: 0)
        roster.suspectsWait(1, at: 1)
        _ = roster.due(at: 1)
        for now in [Int64(2), 3] {
            roster.ended(2, .died(hadJobs: false), at: now)
            _ = roster.due(at: now)
        }
        #expect(roster.posts[2].state == .vacant(until: 3 + Self.second))
        roster.suspectsWait(1, at: 4)
        #expect(roster.due(at: 4) == [.start(post: 3)])
    }

    @Test mutating func itIsOverWhenThePoolHasDrained() {
        _ = roster.due(at: 0)
        roster.suspectsWait(1, at: 1)
        _ = roster.due(at: 1)
        roster.ended(0, .finished(replace: false), at: 2)
        roster.ended(1, .finished(replace: false), at: 2)
        #expect(!roster.isOver)
        roster.ended(2, .finished(replace: false), at: 3)
        #expect(roster.isOver)
        roster.suspectsWait(1, at: 4)
        #expect(roster.due(at: 4) == [])
    }

    @Test mutating func aStopIsSaidToAllAndWhoDoesNotHearIsKilled() {
        _ = roster.due(at: 0)
        roster.ended(1, .died(hadJobs: true), at: 5)
        #expect(roster.advance(to: .stopping, at: 10) == [.say(.stop, post: 0)])
        #expect(roster.advance(to: .stopping, at: 10) == [])
        #expect(roster.due(at: 11) == [])
        #expect(roster.next == 10 + 35 * Self.second)
        #expect(roster.advance(to: .stoppingNow, at: 20) == [.say(.stopNow, post: 0)])
        #expect(roster.next == 20 + 10 * Self.second)
        #expect(roster.due(at: roster.next) == [.kill(post: 0)])
        roster.ended(0, .died(hadJobs: true), at: 60 * Self.second)
        #expect(roster.isOver)
    }

    @Test mutating func aQuietForemanReplacesNobodyAndStays() {
        _ = roster.due(at: 0)
        #expect(roster.advance(to: .quiet, at: 1) == [.say(.quiet, post: 0), .say(.quiet, post: 1)])
        roster.ended(0, .died(hadJobs: true), at: 2)
        roster.ended(1, .died(hadJobs: true), at: 2)
        #expect(roster.due(at: 100) == [])
        #expect(!roster.isOver)
        #expect(roster.advance(to: .stopping, at: 101) == [])
        #expect(roster.isOver)
    }

    @Test func isolatedPostsNeedNoQuarantineAndAreFilledAgain() {
        var roster = Roster(processes: 3, isolates: true, patience: (stop: 1, stopNow: 1))
        #expect(roster.posts.map(\.kind) == [.isolated, .isolated, .isolated])
        _ = roster.due(at: 0)
        roster.suspectsWait(1, at: 1)
        roster.ended(1, .finished(replace: true), at: 1)
        #expect(roster.due(at: 1) == [.start(post: 1)])
        roster.ended(1, .finished(replace: false), at: 2)
        #expect(roster.due(at: 100) == [])
    }
}
