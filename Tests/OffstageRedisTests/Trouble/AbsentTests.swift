// A server that does not exist, disappears, refuses the login, or is still loading. A caller gets an error in time, in
// one line with host, command and cause. A worker waits and continues by itself.
import OffstageCore
import OffstageTesting
import OffstageWorker
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct AbsentTests {
    @Test func openingNobodyFailsInTimeAndSaysWhoAndWhy() async throws {
        let server = try await RedisServer.start()
        let port = server.port
        try await server.kill()
        let (error, line, took) = await Trouble.failure {
            _ = try await Trouble.store("redis://127.0.0.1:\(port)", patience: .milliseconds(300))
        }
        #expect(
            error
                == .unusable(
                    "no connection to Redis: 127.0.0.1:\(port): Connection refused "
                        + "(PING could not be sent within 0.3 seconds)"), "\(line)")
        #expect(took < .seconds(2))
    }

    @Test func anEnqueueFailsWhenTheServerHasGoneAndWorksWhenItIsBack() async throws {
        let server = try await RedisServer.start(.durable(.always))
        let store = try await Trouble.store(server.url, patience: .seconds(1))
        _ = try await store.put()
        try await server.kill()
        let job = Trouble.job()
        let (error, line, took) = await Trouble.failure { _ = try await store.put(job) }
        guard case .failed = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("127.0.0.1:\(server.port): ") && line.contains("offstage.enqueue"), "\(line)")
        #expect(line.contains("Connection refused") && !line.contains("\n"), "\(line)")
        #expect(took >= .milliseconds(800) && took < .seconds(5))
        try await server.restart()
        // A call that timed out may have stored the job; then the next call finds it.
        #expect(
            await TestSignal.holds {
                let answer = try? await store.put(job)
                return answer == .stored(.available) || answer == .repeated(.available)
            })
        await store.close()
    }

    /// Calls that are made while another one waits for the server have their own patience.
    @Test func everyEnqueueOfManyFailsWhenItsOwnTimeIsOver() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url, patience: .seconds(2))
        _ = try await store.put()
        try await server.kill()
        let all = try await withThrowingTaskGroup(of: Duration.self) { group in
            for place in 0..<12 {
                group.addTask {
                    try await SystemTime().sleep(for: .milliseconds(100 * place))
                    return await Trouble.failure { _ = try await store.put() }.took
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(all.count == 12)
        for took in all { #expect(took > .milliseconds(1500) && took < .milliseconds(3200), "\(all)") }
        await store.close()
    }

    @Test func aWorkerWaitsForTheServerAndRunsWhatWaitsThere() async throws {
        let server = try await RedisServer.start(.durable())
        let store = try await Trouble.store(server.url, patience: .seconds(1), lease: .seconds(2))
        let worker = Worker(store, options: Trouble.workerOptions()) { Handler(raw: "work") { _, _ in nil } }
        let events = worker.stream()
        try await Trouble.running(worker) {
            let first = Trouble.job()
            _ = try await store.put(first)
            #expect(try await TestSignal.holds { try await store.state(first.id) == .completed })
            let late = Trouble.job { $0.start = .after(.milliseconds(300)) }
            _ = try await store.put(late)
            try await server.kill()
            var lines: [String] = []
            for await event in events {
                guard case .storeFailed(_, let line) = event else { continue }
                lines.append(line)
                if lines.count == 3 { break }
            }
            #expect(lines.allSatisfy { $0.contains("127.0.0.1:\(server.port)") && !$0.contains("\n") }, "\(lines)")
            try await server.restart()
            #expect(await TestSignal.holds { (try? await store.state(late.id)) == .completed })
        }
        await store.close()
    }

    // MARK: Refused logins

    @Test func wrongPasswordsAndUsersAreToldInOneLineWithoutThePassword() async throws {
        var settings = RedisSettings()
        settings.users = [
            "default off", RedisSettings.app, "reader on >secret ~* &* +@read +info +config|get +@connection",
            RedisSettings.user("shop", "secret", ofNamespace: "shop"),
        ]
        let server = try await RedisServer.start(settings)
        let table: [(user: String, password: String, word: String)] = [
            ("app", "hunter2", "WRONGPASS"), ("nobody", "hunter2", "WRONGPASS"), ("reader", "secret", "NOPERM"),
            ("shop", "secret", "NOPERM"),
        ]
        for (user, password, word) in table {
            let (error, line, took) = await Trouble.failure {
                _ = try await Trouble.store(server.url(user: user, password: password))
            }
            guard case .unusable = error else {
                Issue.record("\(user): \(line)")
                continue
            }
            #expect(line.contains(word) && line.contains("127.0.0.1:\(server.port)"), "\(line)")
            #expect(!line.contains("hunter2") && !line.contains("\n") && took < .seconds(9), "\(line)")
        }
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(server.url) }
        #expect(error != nil && line.contains("NOAUTH") && line.contains("\(server.port)"), "\(line)")
        let right = try await Trouble.store(server.url(user: "shop", password: "secret") + "?namespace=shop")
        #expect(try await right.put() == .stored(.available))
        await right.close()
    }

    /// A right that is revoked while the store is in use fails the calls that need it, but no process.
    @Test func aRightThatIsTakenAwayIsToldAndWorksAgainWhenItIsBack() async throws {
        var settings = RedisSettings()
        settings.users = [RedisSettings.app]
        let server = try await RedisServer.start(settings)
        let store = try await Trouble.store(server.url(user: "app", password: "secret"))
        let job = Trouble.job()
        try await server.probe.command("ACL", "SETUSER", "app", "-evalsha")
        let (error, line, _) = await Trouble.failure { _ = try await store.put(job) }
        guard case .unusable = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("NOPERM") && line.contains("offstage.enqueue") && !line.contains("\n"), "\(line)")
        try await server.probe.command("ACL", "SETUSER", "app", "+evalsha")
        #expect(try await store.put(job) == .stored(.available))
        await store.close()
    }

    // MARK: Loading

    @Test func aServerThatIsLoadingIsWaitedForAndNamed() async throws {
        var settings = RedisSettings.durable()
        settings.lines = ["key-load-delay 5000", "loading-process-events-interval-bytes 1024", "rdbcompression no"]
        let server = try await RedisServer.start(settings)
        let store = try await Trouble.store(server.url, patience: .seconds(10))
        let before = Trouble.job()
        _ = try await store.put(before)
        let fill = "for i = 1, 800 do redis.call('SET', 'other:' .. i, string.rep('x', 100)) end"
        try await server.probe.command("EVAL", fill, "0")
        try await server.probe.command("BGREWRITEAOF")
        #expect(
            try await TestSignal.holds {
                try await server.probe.info("persistence")["aof_rewrite_in_progress"] == "0"
                    && server.log.contains("Background AOF rewrite finished successfully")
            })
        try await server.restart(waiting: false)
        let isLoading = await TestSignal.holds {
            do {
                try await server.probe.command("GET", "other:1", within: .seconds(1))
                return false
            } catch let error as RedisReplyError { return error.code == "LOADING" } catch { return false }
        }
        #expect(isLoading)
        // While it loads, the server replies slowly, and perhaps not in time at all; then the error reports that.
        var lines: [String] = []
        let isTold = await TestSignal.holds {
            let (error, line, _) = await Trouble.failure {
                _ = try await Trouble.store("\(server.url)?connect-timeout=100ms", patience: .milliseconds(500))
            }
            if error != nil { lines.append(line) }
            return error == nil || line.contains("LOADING")
        }
        #expect(isTold && lines.last?.contains("LOADING") ?? false, "\(lines)")
        #expect(lines.allSatisfy { $0.contains("\(server.port)") && !$0.contains("\n") }, "\(lines)")
        let job = Trouble.job()
        #expect(try await store.put(job) == .stored(.available))
        #expect(try await Hand().drain(store).sorted() == [before.id, job.id].sorted())
        await store.close()
    }
}
