// Why a job does not run: every reason, what frees the job, and which reason is reported when several hold.
import OffstageCore
import OffstageMonitor
import Testing

@Suite(.timeLimit(.minutes(1))) struct WhyTests {
    @Test(arguments: StoreKind.allCases) func aJobThatIsNotThereHasNoAnswer(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let why = try await stage.monitor.why(JobID(high: 1, low: 1))
            #expect(why == nil)
        }
    }

    @Test(arguments: StoreKind.allCases) func notDue(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let due = stage.time.now() + .seconds(90)
            let id = try await stage.enqueue { $0.start = .at(due) }
            let why = try await stage.why(id)
            #expect((why.reason, why.state, why.until, why.by) == (.notDue, .scheduled, due, []))
            #expect(why.text == "it is not due before \(due) (in 1 min 30 s)")
        }
    }

    @Test(arguments: StoreKind.allCases) func pausedComesBeforeNotDue(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let now = try await stage.enqueue()
            let due = stage.time.now() + .seconds(90)
            let later = try await stage.enqueue { $0.start = .at(due) }
            #expect(try await stage.monitor.pause("default"))
            let first = try await stage.why(now)
            #expect((first.reason, first.until) == (.paused, nil))
            #expect(first.text == "queue default is paused")
            let second = try await stage.why(later)
            #expect((second.reason, second.until) == (.paused, due))
            #expect(second.text.contains("not due before"))
        }
    }

    @Test(arguments: StoreKind.allCases) func noWorkerInFourWays(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let id = try await stage.enqueue()
            #expect(try await stage.why(id).text == "no worker is alive")
            try await stage.beat(1, types: ["other"])
            #expect(try await stage.why(id).text == "the only live worker does not handle type mail")
            try await stage.beat(2, queues: ["images"])
            let elsewhere = try await stage.why(id)
            #expect(elsewhere.text == "no worker that handles type mail serves queue default")
            #expect(elsewhere.by == [WorkerID(bits: 2).description])
            try await stage.beat(3, isQuiet: true)
            let quiet = try await stage.why(id)
            #expect(quiet.text == "all workers that handle type mail and serve queue default are quiet")
            #expect(quiet.by == [WorkerID(bits: 3).description])
            #expect((quiet.reason, elsewhere.reason) == (.noWorker, .noWorker))
        }
    }

    @Test(arguments: StoreKind.allCases) func behindSoMany(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(1002)
            try await stage.beat()
            let next = try await stage.why(ids[0])
            #expect((next.reason, next.text, next.by) == (.behind, "next in line", []))
            #expect(try await stage.why(ids[1]).text == "behind 1 due job of queue default")
            #expect(try await stage.why(ids[999]).text == "behind 999 due jobs of queue default")
            let far = try await stage.why(ids[1001])
            #expect((far.reason, far.text) == (.behind, "behind at least 1,000 due jobs of queue default"))
        }
    }

    @Test(arguments: StoreKind.allCases) func nextInLineWhileAllAreBusy(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(2)
            _ = try await stage.reserve()
            try await stage.beat(concurrency: 1)
            let why = try await stage.why(ids[1])
            #expect(why.text == "next in line; the one worker for it is busy")
            #expect((why.reason, why.by) == (.behind, [WorkerID(bits: 1).description]))
        }
    }

    @Test(arguments: StoreKind.allCases) func leased(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(2)
            _ = try await stage.reserve(limit: 2, starting: 1)
            try await stage.beat()
            let worker = WorkerID(bits: 1).description
            let until = stage.time.now() + .seconds(20)
            let started = try await stage.why(ids[0])
            #expect((started.reason, started.state, started.until) == (.leased, .running, until))
            #expect(started.by == [worker])
            #expect(started.text == "worker \(worker) (box:1) runs attempt 1, leased until \(until) (in 20 s)")
            let prefetched = try await stage.why(ids[1])
            #expect(prefetched.reason == .leased)
            #expect(prefetched.text.contains("has reserved it and not started it"))
            try await stage.monitor.cancel(ids[0])
            #expect(try await stage.why(ids[0]).text.hasSuffix("; asked to cancel at \(stage.time.now())"))
            try await stage.pass(.seconds(21))
            let late = try await stage.why(ids[0])
            #expect(late.text.contains("its lease ran out at \(until)"))
            #expect(late.text.hasSuffix("not stopping"))
        }
    }

    @Test(arguments: StoreKind.allCases) func retryAt(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let id = try await stage.enqueue()
            let jobs = try await stage.reserve()
            try await stage.settle(jobs, .failed(Failure(.failed, "no\nroute")), policy: .constant(.seconds(30)))
            let why = try await stage.why(id)
            let due = stage.time.now() + .seconds(30)
            #expect((why.reason, why.state, why.until) == (.retryAt, .retryable, due))
            #expect(why.text == "attempt 1 of 20 failed, the next one is due at \(due) (in 30 s): no route")
        }
    }

    @Test(arguments: StoreKind.allCases) func predecessor(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let rule = UniqueRule(key: "k", onConflict: .again)
            let first = try await stage.enqueue { $0.unique = rule }
            _ = try await stage.reserve()
            let second = try await stage.enqueue { $0.unique = rule }
            // The held state takes precedence over the pause, because the pause does not affect a job that is not
            // queued.
            try await stage.monitor.pause("default")
            let why = try await stage.why(second)
            #expect((why.reason, why.state, why.by) == (.predecessor, .held, [first.description]))
            #expect(why.text == "held until job \(first), which has the same unique key, has ended")
        }
    }

    @Test(arguments: StoreKind.allCases) func ended(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(3)
            try await stage.settle(try await stage.reserve(), .done)
            try await stage.settle(try await stage.reserve(), .discarded(Failure(.discard, "no such file")))
            try await stage.monitor.cancel(ids[2])
            let now = stage.time.now()
            let answers = [try await stage.why(ids[0]), try await stage.why(ids[1]), try await stage.why(ids[2])]
            #expect(answers.map(\.reason) == [.ended, .ended, .ended])
            #expect(answers[0].text == "it completed at \(now)")
            #expect(answers[1].text == "it was discarded at \(now), attempt 1 of 20: no such file")
            #expect(answers[2].text == "it was cancelled at \(now)")
        }
    }

    @Test(arguments: StoreKind.allCases) func anExpiredJobIsToldAsSuch(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let rule = UniqueRule(key: "k", onConflict: .again)
            let holder = try await stage.enqueue {
                $0.unique = rule
                $0.expires = .after(.seconds(5))
            }
            let jobs = try await stage.reserve()
            let held = try await stage.enqueue { $0.unique = rule }
            try await stage.settle(jobs, .interrupted)
            // The pause keeps the holder from starting until its expiry has passed.
            try await stage.monitor.pause("default")
            stage.time.turn(by: .seconds(6))
            let why = try await stage.why(holder)
            #expect(why.reason == .behind)
            #expect(why.text.contains("its expiry passed"))
            let behindIt = try await stage.why(held)
            #expect((behindIt.reason, behindIt.by) == (.predecessor, []))
            #expect(behindIt.text.contains("is being freed"))
        }
    }

    @Test(arguments: StoreKind.allCases) func aSuspectWaitsForAnEmptyWorker(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let suspect = try await stage.enqueue()
            for _ in 0..<2 {
                #expect(try await stage.reserve().count == 1)
                try await stage.pass(.seconds(21))
                _ = try await stage.store.maintain(limit: 100)
            }
            #expect(try await stage.record(suspect).crashes == 2)
            try await stage.enqueue("other")
            _ = try await stage.reserve(types: ["other"])
            try await stage.beat(types: ["mail", "other"])
            let why = try await stage.why(suspect)
            #expect((why.reason, why.by) == (.behind, [WorkerID(bits: 1).description]))
            #expect(why.text.contains("2 workers died running it"))
        }
    }

    @Test(arguments: StoreKind.allCases) func aSuspectStandsInNoLine(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue { $0.priority = 0 }
            let suspect = try await stage.enqueue { $0.priority = 1 }
            let jobs = try await stage.reserve(limit: 2, starting: 2)
            let crashed = jobs.filter { $0.id == suspect }.map {
                CrashedAttempt(token: $0.token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "signal 11"))
            }
            #expect(try await stage.store.retire(WorkerID(bits: 1), crashed: crashed) == [.accepted])
            try await stage.beat()
            let why = try await stage.why(suspect)
            #expect(why.reason == .behind)
            #expect(
                why.text == "it waits for a worker that runs nothing else, for 1 worker died running it; one that has"
                    + " run a suspect first serves ordinary jobs for as long")
        }
    }

    @Test(arguments: StoreKind.allCases) func whatASuspectHoldsUpIsNamed(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let suspects = try await stage.enqueue(2)
            for _ in 0..<2 {
                #expect(try await stage.reserve(limit: 2, starting: 2).count == 2)
                try await stage.pass(.seconds(21))
                _ = try await stage.store.maintain(limit: 100)
            }
            #expect(try await stage.reserve().map(\.id) == [suspects[0]])
            try await stage.beat()
            let worker = WorkerID(bits: 1).description
            let name = "worker \(worker) (box:1) runs suspect \(suspects[0]) and nothing else"
            let lone = try await stage.why(suspects[1])
            #expect((lone.reason, lone.by) == (.behind, [worker]))
            #expect(
                lone.text == "it waits for its turn to run alone, for 2 workers died running it; \(name); then ordinary"
                    + " jobs get as long")
            let ordinary = try await stage.enqueue(2)
            let next = try await stage.why(ordinary[0])
            #expect((next.reason, next.by) == (.behind, [worker]))
            #expect(next.text.hasSuffix("; \(name)"))
            try await stage.beat(2)
            #expect(
                try await stage.why(suspects[1]).text.hasSuffix("; \(name); meanwhile the others serve ordinary jobs"))
        }
    }
}
