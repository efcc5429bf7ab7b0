// What a job's record contains about a crash, and how it gets there.
import OffstageCore
import OffstageMemory
import OffstageTesting
import Synchronization
import Testing

@testable import OffstageForeman

@Suite struct AutopsyTests {
    @Test func theCrashLineComesFirstAndTheRestIsCut() {
        var autopsy = Autopsy(ending: 256 + 4, peakBytes: 34 << 20, limitBytes: 512 << 20)
        let frames = (0..<200).map { "frame \($0) at some place of some file" }.joined(separator: "\n")
        autopsy.lastWords = Array(("other job's line\na.swift:3: Fatal error: boom\n" + frames).utf8)
        autopsy.jobs = 8
        let failure = autopsy.failure(ranMicroseconds: 1_234_567, progress: Progress(fraction: 0.4, note: "half way"))
        let lines = failure.message.split(separator: "\n")
        #expect(failure.kind == .crash)
        #expect(lines[0] == "the process was killed by signal 4 (SIGILL): a.swift:3: Fatal error: boom")
        #expect(
            lines[1]
                == "ran for 1.234 s, beside 7 other jobs; peak memory 34 MiB of 512 MiB; last progress 0.4 half way")
        #expect(lines[2] == "frame 0 at some place of some file")
        #expect(lines.last?.hasSuffix("some file") == true, "a line was cut")
        #expect((3900...Limits.errorMessageBytes).contains(failure.message.utf8.count))
    }

    @Test(arguments: [
        (256 + 9, false, "the process was killed by signal 9 (SIGKILL)"),
        (256 + 9, true, "the process was killed by signal 9 (SIGKILL), for want of memory"),
        (256 + 11, true, "the process was killed by signal 11 (SIGSEGV)"),
        (256 + 50, false, "the process was killed by signal 50"),
        (0, false, "the process ended with exit status 0 in the middle of its work"),
    ])
    func aDeathHasACause(_ ending: Int, _ wasShort: Bool, _ cause: String) {
        #expect(Autopsy(ending: ending, peakBytes: 0, wasShortOfMemory: wasShort).cause == cause)
    }

    @Test(arguments: [(256 + 9, false), (3, false), (256 + 4, true), (256 + 5, true), (256 + 11, true)])
    func onlyAFaultHasACrashLine(_ ending: Int, _ has: Bool) {
        var autopsy = Autopsy(ending: ending, peakBytes: 0)
        autopsy.lastWords = Array("a.swift:3: Fatal error: long ago\nthe last\n".utf8)
        #expect(autopsy.summary.hasSuffix(": a.swift:3: Fatal error: long ago") == has)
        #expect(autopsy.failure(ranMicroseconds: 0, progress: nil).message.hasSuffix("\nthe last"))
    }

    @Test func ofMoreThanTheLimitTheLatestAreReported() {
        let attempts = (0..<1500).map { number in
            BoardAttempt(
                token: Token(
                    job: JobID(high: 1, low: UInt64(number)), attempt: 1, worker: WorkerID(bits: 1), counter: 1,
                    locator: 0),
                startedAt: Int64(number * 7919 % 1500), progress: nil)
        }
        let death = Death(worker: WorkerID(bits: 1), attempts: attempts, autopsy: Autopsy(ending: 9, peakBytes: 0))
        let crashed = death.crashed(at: 1500)
        #expect(crashed.map(\.startedAgoMicroseconds) == (1...Int64(Limits.batch)).map { $0 })
    }

    @Test func linesArePassedOnWholeAndTheirEndIsKept() {
        var relay = ErrorRelay()
        #expect(relay.take(Array("one\ntw".utf8)[...]) == Array("one\n".utf8))
        #expect(relay.holdsBack)
        #expect(relay.take(Array("o\nthree".utf8)[...]) == Array("two\n".utf8))
        #expect(relay.flush() == Array("three".utf8))
        #expect(!relay.holdsBack)
        #expect(relay.lastWords == Array("one\ntwo\nthree".utf8))
        for number in 0..<40_000 { _ = relay.take(Array("line \(number)\n".utf8)[...]) }
        #expect(relay.lastWords.count == 64 << 10)
        #expect(relay.lastWords.suffix(11) == Array("line 39999\n".utf8)[...])
        #expect(relay.take([UInt8](repeating: 65, count: 100_000)[...]).count == 100_000)
    }

    @Test func theHooksHearOfWhomACrashHasDiscarded() async throws {
        var options = StoreOptions()
        options.crashesAlone = 1
        let memory = MemoryStore(options: options)
        _ = try await memory.enqueue([
            NewJob(id: JobIDSource().next(), type: "t", arguments: Array("[7]".utf8)),
            NewJob(id: JobIDSource().next(), type: "t", arguments: []),
        ])
        let worker = WorkerID(bits: 5)
        let heard = Mutex<[String]>([])
        let reporter = DeathReporter(
            store: memory, time: SystemTime(), log: SilentLog(),
            hooks: [
                { job, failure in
                    heard.withLock {
                        $0.append("\(job.type) \(String(decoding: job.arguments, as: UTF8.self)) \(job.crashes)")
                        $0.append(failure.message)
                    }
                }
            ])
        func die(_ suspects: SuspectChoice, _ count: Int) async throws -> Int {
            let jobs = try await memory.reserve(
                ReserveRequest(
                    worker: worker, selection: WorkSelection(queues: nil, types: ["t"]), limit: count,
                    startNow: count, holding: 0, firstCounter: 1, suspects: suspects)
            ).jobs
            #expect(jobs.count == count)
            return await reporter.report(
                Death(
                    worker: worker,
                    attempts: jobs.map { BoardAttempt(token: $0.token, startedAt: 0, progress: nil) },
                    autopsy: Autopsy(ending: 256 + 9, peakBytes: 0)))
        }
        #expect(try await die(.never, 2) == 2)
        #expect(heard.withLock { $0 } == [])
        #expect(try await die(.only, 1) == 0)
        let words = heard.withLock { $0 }
        #expect(words.count == 2)
        #expect(words.first == "t [7] 2")
        #expect(words.last?.hasPrefix("the process was killed by signal 9") == true)
    }

    @Test func aHookThatHangsIsNotWaitedFor() async throws {
        var options = StoreOptions()
        options.crashesAlone = 0
        let memory = MemoryStore(options: options)
        _ = try await memory.enqueue([NewJob(id: JobIDSource().next(), type: "t", arguments: [])])
        let worker = WorkerID(bits: 5)
        let job = try #require(
            try await memory.reserve(
                ReserveRequest(
                    worker: worker, selection: WorkSelection(queues: nil, types: ["t"]), limit: 1, startNow: 1,
                    holding: 0, firstCounter: 1)
            ).jobs.first)
        let isCalled = TestSignal()
        let goesOn = TestSignal()
        let reporter = DeathReporter(
            store: memory, time: SystemTime(), log: SilentLog(),
            hooks: [
                { _, _ in
                    isCalled.set()
                    _ = await goesOn.wait(within: .seconds(60))
                }
            ], patience: .milliseconds(50))
        let death = Death(
            worker: worker, attempts: [BoardAttempt(token: job.token, startedAt: 0, progress: nil)],
            autopsy: Autopsy(ending: 256 + 9, peakBytes: 0))
        #expect(await reporter.report(death) == 0)
        #expect(isCalled.isSet)
        goesOn.set()
    }

    @Test func aReportIsSentAgainUntilTheStoreIsThere() async throws {
        let memory = MemoryStore()
        _ = try await memory.enqueue([NewJob(id: JobIDSource().next(), type: "t", arguments: [])])
        let worker = WorkerID(bits: 5)
        let job = try #require(
            try await memory.reserve(
                ReserveRequest(
                    worker: worker, selection: WorkSelection(queues: nil, types: ["t"]), limit: 1, startNow: 1,
                    holding: 0, firstCounter: 1)
            ).jobs.first)
        let failures = Mutex(2)
        let store = FaultyStore(memory) { _ in
            failures.withLock { left in
                left -= 1
                return left >= 0 ? .failed : .none
            }
        }
        let reporter = DeathReporter(store: store, time: SystemTime(), log: SilentLog())
        let death = Death(
            worker: worker, attempts: [BoardAttempt(token: job.token, startedAt: 0, progress: nil)],
            autopsy: Autopsy(ending: 256 + 9, peakBytes: 1 << 20))
        #expect(await reporter.report(death) == 1)
        let record = try #require(try await memory.find([job.id])[0])
        #expect((record.state, record.crashes, record.suspectedAt, record.attempt) == (.available, 1, 1, 1))
        #expect(record.errors.last?.message.hasPrefix("the process was killed by signal 9") == true)
        // Sent again, as after a lost reply, the report is accepted and counts once.
        #expect(await reporter.report(death) == 1)
        #expect(try await memory.find([job.id])[0]?.crashes == 1)
    }
}
