// Following one job from its enqueue to its end.
import OffstageCore
import OffstageMonitor
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
    @Test(arguments: StoreKind.allCases) func everyChangeComesOutOnceAndTheEndEndsIt(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let id = try await stage.enqueue()
            var changes = stage.monitor.watch(id).makeAsyncIterator()
            #expect(try await changes.next()?.state == .available)
            let jobs = try await stage.reserve()
            #expect(try await changes.next()?.state == .running)
            // A renewed lease causes no event; the progress after it does.
            let renewal = RenewRequest(worker: WorkerID(bits: 1), tokens: jobs.map(\.token), grantedBefore: 0)
            stage.time.turn(by: .seconds(1))
            _ = try await stage.store.renew(renewal)
            let note = JobNote(token: jobs[0].token, kind: .progress(Progress(fraction: 0.5, note: "half")))
            _ = try await stage.store.note([note])
            let half = try await changes.next()
            #expect(half?.progress == Progress(fraction: 0.5, note: "half"))
            try await stage.settle(jobs, .done)
            #expect(try await changes.next()?.state == .completed)
            #expect(try await changes.next() == nil)
        }
    }

    @Test(arguments: StoreKind.allCases) func itWaitsLongerAndLongerWhileNothingChanges(_ kind: StoreKind) async throws
    {
        try await Stage.on(kind) { stage in
            let id = try await stage.enqueue()
            let monitor = stage.monitor
            let task = Task {
                var states: [JobState] = []
                for try await record in monitor.watch(id) { states.append(record.state) }
                return states
            }
            while stage.time.sleeps.count < 20 { await Task.yield() }
            try await monitor.cancel(id)
            #expect(try await task.value == [.available, .cancelled])
            #expect(stage.time.sleeps.first == .milliseconds(20))
            #expect(stage.time.sleeps.max() == .seconds(1))
        }
    }

    @Test(arguments: StoreKind.allCases) func aRemovedJobEndsIt(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let id = try await stage.enqueue()
            var changes = stage.monitor.watch(id).makeAsyncIterator()
            #expect(try await changes.next() != nil)
            try await stage.monitor.remove(id)
            #expect(try await changes.next() == nil)
            var nothing = stage.monitor.watch(JobID(high: 1, low: 1)).makeAsyncIterator()
            #expect(try await nothing.next() == nil)
        }
    }
}
