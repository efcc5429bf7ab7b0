// The loop of a connection's thread: take what callers put into the inbox, write it, sleep until something arrives,
// read it, and end the calls whose patience is over. While there is no connection, a second thread dials and this one
// watches the deadlines.
import CSystem
import OffstageCore
import OffstageSystem
import Synchronization

/// The life of one connection. Used only on the connection's thread.
final class ConnectionLoop {
    let connection: RedisConnection
    let options: RedisClientOptions
    var pipeline: Pipeline
    var line: Line?
    private var scratch: [Exchange] = []
    private var isDialling = false
    private var dialAt: Int64 = 0
    private var backoff: Backoff
    private var random: any RandomSource
    /// Why there is no connection, and the reason that was last logged.
    private var failure: WireFailure?
    private var logged: String?
    private var isClosing = false
    private var lastSuspicion: Int64 = 0

    init(_ connection: RedisConnection) {
        self.connection = connection
        options = connection.options
        pipeline = Pipeline(random: options.random, judge: options.judge)
        backoff = Backoff(first: 50_000, most: connection.hooks.mostBackoff.microseconds)
        random = options.random
    }

    /// The machine's monotonic clock, in microseconds. Waits for sockets use it.
    var now: Int64 { offstage_monotonic_ns() / 1000 }

    /// The server's name in error messages.
    var server: String { line?.socket.address.description ?? connection.name }

    func run() {
        while turn() {}
        let isRetired = connection.inbox.withLock { $0.isRetired }
        if line != nil { lose(.unreachable("\(server): the connection was closed"), isExpected: true) }
        let (rest, told) = connection.inbox.withLock { inbox in
            inbox.isEnded = true
            defer { inbox.exchanges = [] }
            return (inbox.exchanges, inbox.onEnd)
        }
        if isRetired, let redirect = connection.hooks.redirect {
            for exchange in pipeline.takeWaiting() + rest {
                exchange.asks = false
                redirect(exchange, nil)
            }
        } else {
            pipeline.failWaiting { _ in .closed }
            for exchange in rest { exchange.finish(.failed(.closed)) }
        }
        for tell in told { tell() }
    }

    /// Runs one turn. Returns false when there is nothing left to do.
    private func turn() -> Bool {
        guard takeInbox() else { return false }
        if line == nil, !isDialling, now >= dialAt { dial() }
        pipeline.revive(now: now)
        send()
        pipeline.expire(now: options.clock.monotonicMicroseconds(), server: server, state: state)
        checkSilence()
        if isClosing, pipeline.isEmpty || line == nil || connection.hooks.push != nil { return false }
        waitAndReceive()
        return true
    }

    /// Why there is no connection; nil if there is one, or if the first one is still being made.
    private var state: String? {
        guard line == nil, let failure, failure.kind != .busy else { return nil }
        return "no connection to Redis: \(failure)"
    }

    // MARK: The inbox

    /// Takes what callers and the dialing thread left in the inbox. Returns false if the connection is retired.
    private func takeInbox() -> Bool {
        let released = pipeline.takeReleased()
        let (dialled, isLeaving, isRetired) = connection.inbox.withLock { inbox in
            inbox.isSleeping = false
            inbox.heldBytes -= released
            swap(&inbox.exchanges, &scratch)
            isClosing = inbox.isClosing
            defer {
                inbox.dialled = nil
                inbox.isLeaving = false
            }
            return (inbox.dialled, inbox.isLeaving, inbox.isRetired)
        }
        let now = now
        for exchange in scratch { pipeline.add(exchange, now: now) }
        scratch.removeAll(keepingCapacity: true)
        if isRetired { return false }
        if isLeaving, line != nil { lose(.unreachable("\(server): another server is master now"), isExpected: true) }
        if let dialled { take(dialled) }
        // This needs a person to correct it, so waiting calls would wait in vain.
        if line == nil, let failure, failure.kind == .refused {
            pipeline.failWaiting { exchange in
                exchange.mayBeDone
                    ? .unknownOutcome("\(failure) (after \(exchange.name) was sent)")
                    : .unusable("\(failure) (\(exchange.name) was not sent)")
            }
        }
        return true
    }

    // MARK: Making and losing it

    private func dial() {
        isDialling = true
        let connection = connection
        SystemThread.startEventually("offstage-dial") {
            do {
                connection.dialled(.success(try connection.hooks.dial()))
            } catch let failure as WireFailure {
                connection.dialled(.failure(failure))
            } catch {
                connection.dialled(.failure(.refused("\(connection.name): \(error)")))
            }
        }
    }

    private func take(_ dialled: Result<RedisSocket, WireFailure>) {
        isDialling = false
        switch dialled {
        case .success(let socket):
            let line = Line(socket, mostReplyBytes: options.replyBytes, now: now)
            for command in connection.hooks.greeting { command.write(into: &line.output) }
            self.line = line
            failure = nil
            connection.inbox.withLock { $0.standing = socket.address }
        case .failure(let failure):
            fail(failure)
        }
    }

    /// Gives the connection up. Calls that can be sent again wait for the next one.
    func lose(_ failure: WireFailure, isExpected: Bool = false) {
        guard let lost = line else { return }
        line = nil
        connection.inbox.withLock { $0.standing = nil }
        pipeline.lose(failure)
        if lost.hasAnswered { backoff.reset() }
        if isExpected {
            self.failure = failure
            dialAt = 0
        } else {
            fail(failure)
        }
    }

    private func fail(_ failure: WireFailure) {
        self.failure = failure
        dialAt = now + backoff.failed(random.fraction())
        if logged != failure.description {
            logged = failure.description
            options.log(.warning, "redis: no connection", ["why": failure.description])
        }
        connection.hooks.suspect()
    }

    // MARK: Sleeping

    /// Checks for a server that owes replies and is silent. First the owner is notified; in the end the connection is
    /// given up.
    private func checkSilence() {
        guard let line else { return }
        let limit = options.commandTimeout.microseconds
        if pipeline.sent.isEmpty {
            if let ping = connection.hooks.pingEvery, !isClosing, now >= line.lastHeard + ping.microseconds {
                line.lastHeard = now
                pipeline.add(
                    Exchange(
                        RedisCommand("PING"), slot: 0, role: .look,
                        deadline: options.clock.monotonicMicroseconds() + 2 * limit, patience: options.commandTimeout,
                        isCast: true, takesErrors: true, finish: { _ in }), now: now)
                send()
            }
            return
        }
        let silence = now - line.lastHeard
        if silence >= limit {
            lose(.unreachable("\(server): no reply for \(options.commandTimeout)"))
        } else if now >= nextSuspicion(line) {
            lastSuspicion = now
            connection.hooks.suspect()
        }
    }

    /// The owner is notified of a silence repeatedly, because it may take a while until there is a new master.
    private func nextSuspicion(_ line: Line) -> Int64 {
        max(line.lastHeard, lastSuspicion) + options.commandTimeout.microseconds / 4
    }

    private func waitAndReceive() {
        let released = pipeline.takeReleased()
        let isAwake = connection.inbox.withLock { inbox in
            inbox.heldBytes -= released
            let hasNews = !inbox.exchanges.isEmpty || inbox.dialled != nil || inbox.isLeaving || inbox.isRetired
            inbox.isSleeping = !hasNews
            return hasNews || inbox.isClosing != isClosing
        }
        var entries = [pollfd(fd: connection.wake.reading, events: Int16(POLLIN), revents: 0)]
        if let line {
            entries.append(pollfd(fd: line.socket.descriptor, events: line.events, revents: 0))
        }
        let code = poll(&entries, nfds_t(entries.count), isAwake ? 0 : timeout())
        guard code > 0 else { return }
        if entries[0].revents != 0 { connection.wake.drain() }
        if entries.count > 1, entries[1].revents != 0 { receive() }
    }

    /// How long the loop may sleep, in milliseconds; -1 for no limit.
    private func timeout() -> Int32 {
        var wake = Int64.max
        let now = now
        if line == nil, !isDialling { wake = dialAt }
        if let line, !pipeline.sent.isEmpty {
            let limit = options.commandTimeout.microseconds
            wake = min(wake, line.lastHeard + limit, nextSuspicion(line))
        } else if let line, let ping = connection.hooks.pingEvery {
            wake = min(wake, line.lastHeard + ping.microseconds)
        }
        if let revival = pipeline.nextRevival { wake = min(wake, revival) }
        if pipeline.earliestDeadline != .max {
            // The client's clock may be controlled by a test, so it is read at least once a second.
            let rest = pipeline.earliestDeadline - options.clock.monotonicMicroseconds()
            wake = min(wake, now + min(max(rest, 0), 1_000_000))
        }
        guard wake != .max else { return -1 }
        return Int32(clamping: max(0, wake - now + 999) / 1000)
    }

    // MARK: Heard

    /// Notes that bytes have arrived.
    func heard() { line?.lastHeard = now }

    /// Notes that a useful reply has arrived. Only that ends a series of failures. Otherwise a server that accepts
    /// connections and closes them, or refuses what they are for, would be dialed many times a second, with two log
    /// lines each time.
    func proven() {
        guard let line, !line.hasAnswered else { return }
        line.hasAnswered = true
        if logged != nil { options.log(.info, "redis: connected again", ["server": server]) }
        logged = nil
    }
}
