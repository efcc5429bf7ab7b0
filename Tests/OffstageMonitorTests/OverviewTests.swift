// The overview of a store.
import OffstageCore
import OffstageMonitor
import Testing

@Suite(.timeLimit(.minutes(1))) struct OverviewTests {
    @Test(arguments: StoreKind.allCases) func queuesShowCountsPauseAndLatency(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue(3)
            try await stage.enqueue("image") { $0.start = .after(.seconds(60)) }
            try await stage.enqueue("image") { $0.queue = "other" }
            stage.time.turn(by: .seconds(7))
            _ = try await stage.reserve()
            try await stage.monitor.pause("empty")
            let queues = try await stage.monitor.queues()
            #expect(queues.map(\.name) == ["default", "empty", "other"])
            #expect((queues[0][.available], queues[0][.running], queues[0][.scheduled]) == (2, 1, 1))
            #expect(queues.map(\.isPaused) == [false, true, false])
            #expect(queues.map(\.latency) == [.seconds(7), nil, .seconds(7)])
            let types = try await stage.monitor.types()
            #expect(types.map(\.type) == ["image", "mail"])
            #expect((types[0][.available], types[0][.scheduled]) == (1, 1))
        }
    }

    @Test(arguments: StoreKind.allCases) func activityAddsUpMinutes(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue(4)
            try await stage.settle(try await stage.reserve(limit: 2, starting: 2), .done, ran: 1000)
            stage.time.turn(by: .seconds(61))
            try await stage.settle(try await stage.reserve(), .done, ran: 7000)
            let failed = Outcome.failed(Failure(.failed, "no"))
            try await stage.settle(try await stage.reserve(), failed, policy: .constant(.seconds(1)), ran: 3000)
            #expect(try await stage.monitor.history().count == 2)
            let activity = try #require(try await stage.monitor.activity().first)
            #expect((activity.type, activity.completed, activity.failed, activity.ended) == ("mail", 3, 1, 4))
            #expect(activity.averageRun == .milliseconds(3))
            #expect(activity.longestRun == .milliseconds(7))
            #expect(activity.minutes.map(\.completed) == [2, 1])
            #expect(try await stage.monitor.activity(last: .seconds(1)).first?.completed == 1)
        }
    }

    @Test(arguments: StoreKind.allCases) func workersShowWhatTheyRun(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(5)
            try await stage.beat(1, concurrency: 3)
            try await stage.beat(2)
            _ = try await stage.reserve(limit: 4, starting: 3)
            let workers = try await stage.monitor.workers(jobs: 2)
            #expect(workers.map(\.worker.status.pid) == [1, 2])
            #expect(Set(workers[0].worker.running) == Set(ids[0..<3]))
            #expect(workers[0].worker.held == 4)
            #expect(workers[0].jobs.count == 2)
            #expect(workers[0].jobs.allSatisfy { $0.state == .running && $0.type == "mail" })
            #expect(workers[1].jobs.isEmpty)
            stage.time.turn(by: .seconds(61))
            #expect(try await stage.monitor.workers().isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases) func statsHoldItAll(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue(2) { $1.returnQueue = "web" }
            try await stage.settle(try await stage.reserve(), .done)
            try await stage.beat(concurrency: 8)
            let stats = try await stage.monitor.stats()
            #expect((stats.counts.total(.completed), stats.counts.total(.available)) == (1, 1))
            #expect(stats.counts.returns == ["web": 1])
            #expect((stats.workers.count, stats.concurrency) == (1, 8))
            #expect(stats.activity.map(\.completed) == [1])
            #expect(stats.queues.map(\.name) == ["default"])
        }
    }
}
