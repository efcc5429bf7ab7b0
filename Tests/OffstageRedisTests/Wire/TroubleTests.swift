// Failures of a connection: the server is killed, frozen, loading, cuts its replies in half, or refuses the login.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

private let patience = Duration.seconds(20)

@Suite(.timeLimit(.minutes(2))) struct TroubleTests {
    @Test func callsSurviveAServerThatIsKilledInTheMiddle() async throws {
        let server = try await RedisServer.start()
        let client = try await server.connect()
        let done = Tally()
        let callers = (0..<16).map { caller in
            Task {
                for number in 0..<200 {
                    let text = "\(caller).\(number)"
                    let answer = try await client.call(RedisCommand("ECHO", text), slot: 0, patience: patience) {
                        $0.text
                    }
                    #expect(answer == text)
                    done.add()
                }
            }
        }
        for limit in [200, 1200] {
            #expect(await TestSignal.holds { done.count > limit })
            try await server.kill()
            try await server.restart(waiting: false)
        }
        for caller in callers { try await caller.value }
        #expect(done.count == 3200)
        await client.close()
    }

    @Test func aFrozenServerFailsCallsInTimeAndIsFoundAgain() async throws {
        let server = try await RedisServer.start()
        var options = RedisClientOptions()
        options.commandTimeout = .milliseconds(700)
        let client = try await server.connect(nil, options)
        try await server.freeze()
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        let error = await storeError {
            try await client.call(RedisCommand("INCR", "n"), slot: 0, patience: .milliseconds(300)) { _ in }
        }
        let took = clock.monotonicMicroseconds() - begun
        #expect(took >= 300_000 && took < 3_000_000)
        guard case .unknownOutcome(let line) = error else {
            Issue.record("a frozen server was answered with \(String(describing: error))")
            return
        }
        #expect(line == "127.0.0.1:\(server.port): no answer to INCR within 0.3 seconds")
        // A call that waits through the freeze is sent again on a new connection.
        async let late = client.call(RedisCommand("ECHO", "x"), slot: 0, patience: patience) { $0.text }
        try await clock.sleep(for: .milliseconds(1500))
        server.thaw()
        #expect(try await late == "x")
        await client.close()
    }

    @Test func halfARepliesEndIsNotTakenForAReply() async throws {
        let server = try FakeServer { connection, request in
            if connection == 0, request.contains("GET") { return .last("$10\r\nabcde") }
            return .bytes(request.contains("GET") ? "$10\r\nabcdefghij\r\n" : "+PONG\r\n")
        }
        let client = try await open(server)
        let answer = try await client.call(RedisCommand("GET", "k"), slot: 0, patience: patience) { $0.text }
        #expect(answer == "abcdefghij")
        await client.close()
    }

    @Test func aCallThatMayNotBeRepeatedIsToldThatNobodyKnows() async throws {
        let server = try FakeServer { _, request in request.contains("INCR") ? .last(":") : .bytes("+PONG\r\n") }
        let client = try await open(server)
        let error = await storeError {
            try await client.call(RedisCommand("INCR", "k"), slot: 0, patience: patience, resend: false) { _ in }
        }
        #expect(
            error
                == .unknownOutcome(
                    "127.0.0.1:\(server.port): it ended the connection (while INCR was on its way)"))
        await client.close()
    }

    @Test(arguments: [
        "LOADING Redis is loading", "BUSY Redis is busy", "MASTERDOWN x", "READONLY x", "CLUSTERDOWN x", "TRYAGAIN x",
    ])
    func whatPassesIsWaitedFor(text: String) async throws {
        let asked = Mutex(0)
        let server = try FakeServer { _, request in
            guard request.contains("GET") else { return .bytes("+PONG\r\n") }
            return .bytes(
                asked.withLock { asked in
                    asked += 1
                    return asked < 4 ? "-\(text)\r\n" : "+fine\r\n"
                })
        }
        let client = try await open(server)
        let answer = try await client.call(RedisCommand("GET", "k"), slot: 0, patience: patience) { $0.text }
        #expect(answer == "fine")
        asked.withLock { $0 = -1_000_000 }
        // The patience can end just after the call was sent again; then the outcome is unknown. So the test repeats the
        // call.
        var line = ""
        var errors: [String] = []
        while line.isEmpty, errors.count < 5 {
            let error = await storeError {
                try await client.call(RedisCommand("GET", "k"), slot: 0, patience: .milliseconds(400)) { _ in }
            }
            if case .busy(let told) = error { line = told }
            errors.append(String(describing: error))
        }
        #expect(!line.isEmpty, "\(text) was answered with \(errors)")
        #expect(line.hasPrefix("127.0.0.1:\(server.port): GET: \(text) (tried "))
        await client.close()
    }

    @Test func nonsenseInsteadOfARepliesEndsTheConnection() async throws {
        let server = try FakeServer { connection, request in
            if connection == 0, request.contains("GET") { return .bytes("HTTP/1.1 400 Bad Request\r\n\r\n") }
            return .bytes(request.contains("GET") ? ":7\r\n" : "+PONG\r\n")
        }
        let client = try await open(server)
        #expect(try await client.call(RedisCommand("GET", "k"), slot: 0, patience: patience) { $0.integer } == 7)
        await client.close()
    }

    @Test func aReplyBeyondItsBoundFailsItsCallAndNoOther() async throws {
        let server = try await RedisServer.start()
        var options = RedisClientOptions()
        options.replyBytes = 1 << 20
        let client = try await server.connect(nil, options)
        try await client.call(RedisCommand("SETRANGE", "large", "3000000", "x"), slot: 0, patience: patience) { _ in }
        async let error = storeError {
            try await client.call(RedisCommand("GET", "large"), slot: 0, patience: patience) { _ in }
        }
        async let other = client.call(RedisCommand("ECHO", "x"), slot: 0, patience: patience) { $0.text }
        #expect(await error == .failed("127.0.0.1:\(server.port): GET: the reply is larger than 1 MiB"))
        #expect(try await other == "x")
        await client.close()
    }

    @Test func commandsBeyondWhatIsKeptAreRefusedAtOnce() async throws {
        let server = try await RedisServer.start()
        var options = RedisClientOptions()
        options.heldBytes = 1 << 20
        let client = try await server.connect(nil, options)
        try await server.kill()
        let large = String(repeating: "x", count: 700_000)
        client.cast(RedisCommand("ECHO", large), slot: 0)
        let error = await storeError {
            try await client.call(RedisCommand("ECHO", large), slot: 0, patience: patience) { _ in }
        }
        guard case .busy(let line) = error else {
            Issue.record("a full outbox was answered with \(String(describing: error))")
            return
        }
        #expect(line.contains("at most 1 MiB are kept (ECHO was not sent)"))
        try await server.restart(waiting: false)
        // Calls that ended make room again.
        let hasRoom = await TestSignal.holds {
            let error = await storeError {
                try await client.call(RedisCommand("ECHO", large), slot: 0, patience: patience) { _ in }
            }
            return error == nil
        }
        #expect(hasRoom)
        await client.close()
    }

    @Test func aServerThatIsNotThereIsToldInOneLine() async throws {
        let server = try await RedisServer.start()
        try await server.kill()
        let port = server.port
        var options = RedisClientOptions()
        options.openPatience = .milliseconds(300)
        let error = await storeError {
            _ = try await RedisClient.open(try RedisURL("redis://127.0.0.1:\(port)"), options: options)
        }
        #expect(
            error
                == .unusable(
                    "no connection to Redis: 127.0.0.1:\(port): Connection refused "
                        + "(PING could not be sent within 0.3 seconds)"))
    }

    @Test func aWrongPasswordFailsAtOnceAndTheRightOneIsFoundLater() async throws {
        var settings = RedisSettings()
        settings.password = "right"
        let server = try await RedisServer.start(settings)
        let admin = try await server.connect()
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        for url in ["redis://:wrong@127.0.0.1:\(server.port)", "redis://127.0.0.1:\(server.port)"] {
            let error = await storeError { _ = try await server.connect(url) }
            guard case .unusable(let line) = error else {
                Issue.record("a wrong password was answered with \(String(describing: error))")
                return
            }
            #expect(line.hasPrefix("127.0.0.1:\(server.port): "))
            #expect(line.contains("WRONGPASS") || line.contains("NOAUTH"))
            #expect(!line.contains("wrong@"))
        }
        #expect(clock.monotonicMicroseconds() - begun < 5_000_000)
        // The password changes while the client is in use, and back.
        try await admin.call(
            RedisCommand("ACL", "SETUSER", "u", "on", ">p", "~*", "+@all"), slot: 0, patience: patience
        ) { _ in }
        let client = try await server.connect("redis://u:p@127.0.0.1:\(server.port)")
        try await admin.call(RedisCommand("ACL", "SETUSER", "u", "resetpass", ">q"), slot: 0, patience: patience) { _ in
        }
        try await admin.call(RedisCommand("CLIENT", "KILL", "USER", "u"), slot: 0, patience: patience) { _ in }
        let isRefused = await TestSignal.holds {
            let error = await storeError {
                try await client.call(RedisCommand("PING"), slot: 0, patience: patience) { _ in }
            }
            if case .unusable(let line) = error { return line.contains("WRONGPASS") }
            return false
        }
        #expect(isRefused)
        try await admin.call(RedisCommand("ACL", "SETUSER", "u", ">p"), slot: 0, patience: patience) { _ in }
        let isBack = await TestSignal.holds {
            await storeError { try await client.call(RedisCommand("PING"), slot: 0, patience: patience) { _ in } }
                == nil
        }
        #expect(isBack)
        await client.close()
        await admin.close()
    }

    private func open(_ server: FakeServer) async throws -> RedisClient {
        var options = RedisClientOptions()
        options.clientName = ""
        return try await RedisClient.open(try RedisURL("redis://127.0.0.1:\(server.port)"), options: options)
    }
}
