// Foremen on a file, with real processes and real crashes: the tests of Poison.swift, which apply to every store, and
// tests of the processes alone.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct PoisonTests {
    private let poison = Poison()

    @Test func fivePoisonJobsAmongTenThousandHurtNobodyElse() async throws { try await poison.aFewAmongMany(10_000) }

    @Test func anAutopsyHasTheBacktrace() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue([Deed.trap.job(1)], in: store)
            let foreman = try crew.start("lead", ["processes": "1", "drain": "", "backtrace": "", "crash-limit": "1"])
            #expect(try await foreman.ends(within: .seconds(120)) == 0)
            let record = try #require(try await Poison.records([1], in: store).first)
            #expect((record.state, record.crashes) == (.discarded, 2))
            for error in record.errors {
                #expect(error.message.utf8.count <= Limits.errorMessageBytes)
                #expect(error.message.contains("Fatal error: \(Deed.lastWords)\n"), "\(error.message)")
                #expect(error.message.contains("Program crashed"), "\(error.message)")
                #expect(error.message.contains("breakAnEgg()"), "\(error.message)")
                #expect(error.message.contains("Lead.swift"), "\(error.message)")
            }
            // The children's standard error is passed on too.
            #expect(foreman.log.contains { $0.contains("Fatal error: \(Deed.lastWords)") })
        }
    }

    @Test func aStatusInTheMiddleOfWorkIsACrash() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue([Deed.exit.job(1)] + (2..<40).map { Deed.good.job($0) }, in: store)
            let foreman = try crew.start("lead", ["drain": ""])
            #expect(try await foreman.ends() == 0)
            let records = try await Poison.records(1..<40, in: store)
            #expect((records[0].state, records[0].crashes) == (.discarded, 4))
            #expect(records[0].errors.last?.message.hasPrefix("the process ended with exit status 3") == true)
            #expect(records[1...].allSatisfy { $0.state == .completed && $0.attempt == 1 })
            // Suspects run one per process.
            let bystanders = records[1...].filter { $0.crashes > 0 }
            #expect(Set(bystanders.map(\.result)).count == bystanders.count)
        }
    }

    @Test func whoseJobACrashDiscardedHearsOfIt() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue([Deed.trap.job(1), Deed.good.job(2)], in: store)
            let foreman = try crew.start("lead", ["drain": "", "crash-limit": "1"])
            #expect(try await foreman.ends() == 0)
            #expect(foreman.lines.filter { $0.hasPrefix("death") } == ["death \(TortureJobs.id(1)) crash"])
        }
    }

    @Test func aStatusAfterTheEndIsNoDeath() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue((0..<20).map { Deed.good.job($0) }, in: store)
            for isolates in [false, true] {
                let more = isolates ? ["isolates": ""] : [:]
                let foreman = try crew.start(
                    "lead", ["drain": "", "sulky": ""].merging(more) { $1 })
                #expect(try await foreman.ends(within: .seconds(30)) == 0)
                let warned = foreman.log.contains {
                    $0.contains("warning") && $0.contains("the process ended with exit status 3")
                }
                #expect(warned)
                #expect(!foreman.log.contains { $0.contains("a worker process died") })
                #expect(try await store.counts().total(.completed) == 20)
            }
        }
    }

    @Test func withoutDescriptorsForTheDeadTheLastWordsAreKept() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue([Deed.trap.job(1)], in: store)
            let foreman = try crew.start("lead", ["drain": "", "blind": "", "crash-limit": "1"])
            #expect(try await foreman.ends() == 0)
            let record = try #require(try await Poison.records([1], in: store).first)
            #expect((record.state, record.errors.count) == (.discarded, 2))
            #expect(record.errors.allSatisfy { $0.message.contains("Fatal error: \(Deed.lastWords)") })
        }
    }

    @Test func aChildThatLosesItsBoardDoesNotBecomeAForeman() async throws {
        try await poison.withCrew { crew, _ in
            let foreman = try crew.start("lead", ["closing": ""])
            #expect(try await foreman.ends() == 1)
            #expect(foreman.log.contains { $0.contains("its board is gone or taken") })
            #expect(foreman.children.count == 2, "\(foreman.log.joined(separator: "\n"))")
        }
    }

    @Test func aKilledForemanLeavesNoOrphanAndTheJobsRunAgain() async throws {
        try await poison.withCrew { crew, store in
            // Jobs that write find their pipe without a reader when the foreman is dead.
            try await Poison.enqueue((0..<6).map { ($0 % 2 == 0 ? Deed.slow : .chatty).job($0) }, in: store)
            let foreman = try crew.start("lead", ["concurrency": "3", "grace": "100", "scale": "10"])
            #expect(try await TestSignal.holds(within: .seconds(30)) { try await store.counts().total(.running) == 6 })
            let children = foreman.children
            #expect(children.count == 2)
            foreman.end()
            #expect(await TestSignal.holds(within: .seconds(30)) { children.allSatisfy { kill($0, 0) != 0 } })
            let records = try await Poison.records(0..<6, in: store)
            #expect(records.allSatisfy { $0.state == .available && $0.attempt == 1 && $0.crashes == 0 })
            let next = try crew.start("lead", ["concurrency": "3", "grace": "100", "scale": "10"])
            #expect(try await TestSignal.holds(within: .seconds(30)) { try await store.counts().total(.running) == 6 })
            next.signal(SIGTERM)
            #expect(try await next.ends() == 0)
        }
    }

    @Test func aKilledForemanLeavesNoChildBehindWhoseThreadsAreAllBlocked() async throws {
        try await poison.withCrew { crew, store in
            let jobs = 4 * ProcessInfo.processInfo.activeProcessorCount
            try await Poison.enqueue((0..<jobs).map { Deed.block.job($0) }, in: store)
            let foreman = try crew.start(
                "lead", ["processes": "1", "concurrency": "\(jobs)", "grace": "500", "scale": "10"])
            // As many jobs as there are threads have begun; the others wait for a thread.
            let hasBegun = try await TestSignal.holds(within: .seconds(30)) {
                try await store.counts().total(.running) >= jobs / 4
            }
            #expect(hasBegun)
            let children = foreman.children
            foreman.end()
            #expect(await TestSignal.holds(within: .seconds(30)) { children.allSatisfy { kill($0, 0) != 0 } })
            let records = try await Poison.records(0..<jobs, in: store)
            #expect(records.allSatisfy { $0.state == .available && $0.crashes == 0 })
        }
    }

    @Test func aStopCostsNoAttempt() async throws {
        try await poison.withCrew { crew, store in
            let jobs = (0..<2000).map { ($0 % 100 == 7 ? Deed.slow : .good).job($0) }
            try await Poison.enqueue(jobs, in: store)
            let foreman = try crew.start("lead", ["grace": "300", "scale": "10"])
            #expect(try await TestSignal.holds(within: .seconds(30)) { try await store.counts().total(.running) == 16 })
            foreman.signal(SIGTERM)
            #expect(try await foreman.ends() == 0)
            try await foreman.hears("stopped")
            let records = try await Poison.records(0..<2000, in: store)
            #expect(records.allSatisfy { $0.state == .available || $0.state == .completed })
            #expect(records.allSatisfy { $0.attempt <= 1 && $0.crashes == 0 && $0.errors.isEmpty })
            #expect(try await store.workers().isEmpty)
            #expect(foreman.children.allSatisfy { kill($0, 0) != 0 })
        }
    }

    @Test func aSecondSignalStopsAtOnceAndAQuietForemanTakesNoMore() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue([Deed.slow.job(1)], in: store)
            let foreman = try crew.start("lead", ["grace": "600000", "scale": "10"])
            #expect(try await TestSignal.holds(within: .seconds(30)) { try await store.counts().total(.running) == 1 })
            foreman.signal(SIGTSTP)
            let isQuiet = try await TestSignal.holds(within: .seconds(30)) {
                let workers = try await store.workers()
                return workers.count == 2 && workers.allSatisfy(\.status.isQuiet)
            }
            #expect(isQuiet)
            try await Poison.enqueue([Deed.good.job(2)], in: store)
            foreman.signal(SIGTERM)
            #expect(await TestSignal.holds(within: .seconds(30)) { foreman.log.contains { $0.contains("SIGTERM") } })
            foreman.signal(SIGTERM)
            #expect(try await foreman.ends() == 0)
            let records = try await Poison.records([1, 2], in: store)
            #expect(records.map(\.state) == [.available, .available])
            #expect(records.map(\.attempt) == [1, 0])
        }
    }

    @Test func anIsolatedJobHasAProcessToItself() async throws {
        try await poison.withCrew { crew, store in
            let deeds = (0..<40).map { $0 == 11 ? Deed.trap : .good }
            try await Poison.enqueue(deeds.enumerated().map { $1.job($0) }, in: store)
            let foreman = try crew.start("lead", ["isolates": "", "processes": "4", "drain": ""])
            #expect(try await foreman.ends() == 0)
            let records = try await Poison.records(0..<40, in: store)
            let good = records.filter { $0.id != TortureJobs.id(11) }
            // No other job shared the process of the one that crashed.
            #expect(good.allSatisfy { $0.state == .completed && $0.attempt == 1 && $0.crashes == 0 })
            #expect(Set(good.map(\.result)).count == 39)
            #expect((records[11].state, records[11].crashes) == (.discarded, 4))
            #expect(records[11].errors.allSatisfy { $0.message.contains(", alone") })
        }
    }

    @Test func isolatedProcessesMayBeUsedAgain() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue((0..<40).map { Deed.good.job($0) }, in: store)
            let foreman = try crew.start("lead", ["isolates": "", "processes": "2", "reuse": "10", "drain": ""])
            #expect(try await foreman.ends() == 0)
            let records = try await Poison.records(0..<40, in: store)
            #expect(records.allSatisfy { $0.state == .completed })
            let jobs = Dictionary(grouping: records, by: \.result).values.map(\.count)
            #expect(jobs.count >= 4 && jobs.allSatisfy { $0 <= 10 }, "\(jobs)")
        }
    }

    @Test func anIdleProcessThatIsKilledIsReplaced() async throws {
        try await poison.withCrew { crew, store in
            let foreman = try crew.start("lead", ["processes": "1"])
            #expect(try await TestSignal.holds(within: .seconds(30)) { try await store.workers().count == 1 })
            let first = try #require(foreman.children.first)
            kill(first, SIGKILL)
            try await Poison.enqueue([Deed.good.job(1)], in: store)
            #expect(
                try await TestSignal.holds(within: .seconds(30)) { try await store.counts().total(.completed) == 1 })
            // The dead worker is forgotten, because the foreman retired it.
            let isForgotten = try await TestSignal.holds(within: .seconds(30)) {
                try await store.workers().map(\.status.pid) == foreman.children.dropFirst().map { Int($0) }
            }
            let known = try await store.workers().map(\.status.pid)
            #expect(isForgotten, "known \(known), started \(foreman.children): \(foreman.log.joined(separator: "\n"))")
            #expect(try await Poison.records([1], in: store).first?.crashes == 0)
            foreman.signal(SIGTERM)
            #expect(try await foreman.ends() == 0)
        }
    }

    @Test func aForemanWhoseChildrenCannotBeginGivesUp() async throws {
        try await poison.withCrew { crew, _ in
            let foreman = try crew.start("lead", ["broken": ""])
            #expect(try await foreman.ends() == 1)
            #expect(foreman.lines.contains { $0.contains("ended with status 1 before it could begin") })
            #expect(foreman.log.contains { $0.contains("broken as it was told") })
        }
    }

    @Test func aChildThatDoesNotStopIsKilledAndItsJobHandedBackWithoutACrash() async throws {
        try await poison.withCrew { crew, store in
            try await Poison.enqueue([Deed.slow.job(1)], in: store)
            let foreman = try crew.start(
                "lead", ["processes": "1", "grace": "100", "scale": "1", "slack": "300"])
            #expect(try await TestSignal.holds(within: .seconds(30)) { try await store.counts().total(.running) == 1 })
            let child = try #require(foreman.children.first)
            kill(child, SIGSTOP)
            foreman.signal(SIGTERM)
            #expect(try await foreman.ends() == 0)
            #expect(foreman.log.contains { $0.contains("does not stop, and is killed") })
            let record = try #require(try await Poison.records([1], in: store).first)
            #expect((record.state, record.attempt, record.crashes) == (.available, 1, 0))
        }
    }
}

extension Child {
    /// The process ids of the children that this foreman has reported.
    fileprivate var children: [Int32] {
        log.compactMap { line in
            guard line.contains("a worker process is started"),
                let number = line.split(separator: " ").first(where: { $0.hasPrefix("pid=") })
            else { return nil }
            return Int32(number.dropFirst(4))
        }
    }
}
