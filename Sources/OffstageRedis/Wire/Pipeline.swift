// The bookkeeping of one connection, without any I/O. Calls wait, are written, and are matched with replies in
// first-in, first-out order. A call may have to be sent again: because the connection broke, the server was loading, or
// it did not know the script. The owner supplies the time, and does the sending and receiving.
import CHiredis
import OffstageCore
import OffstageSystem

/// The calls of one connection.
struct Pipeline {
    /// A call that was sent, and those of its replies that have arrived.
    struct Sent {
        /// Nil if the caller no longer waits. The reply still arrives and must be skipped.
        var exchange: Exchange?
        var before: Int
        var needsTwo: Bool
        var first: UnsafeMutablePointer<redisReply>?
    }

    /// What the owner has to do after a reply.
    enum Demand {
        case nothing
        /// The server currently does not serve the request.
        case suspect
        /// The server is no longer a master.
        case leave
        /// The call belongs to another node.
        case redirect(Exchange, RedisAddress, asks: Bool)
    }

    private(set) var waiting = Fifo<Exchange>()
    private(set) var sent = Fifo<Sent>()
    private(set) var putOff: [(due: Int64, exchange: Exchange)] = []
    /// No deadline of a call is earlier than this.
    private(set) var earliestDeadline = Int64.max
    /// Bytes of calls that ended since the owner last asked.
    private var releasedBytes = 0
    private var loadedScripts: Set<String> = []
    private var random: any RandomSource
    private let judge: @Sendable (String, Int) -> StrangerVerdict

    init(random: any RandomSource, judge: @escaping @Sendable (String, Int) -> StrangerVerdict) {
        self.random = random
        self.judge = judge
    }

    /// Whether there is no call left that waits, was sent, or was put off.
    var isEmpty: Bool { waiting.isEmpty && sent.isEmpty && putOff.isEmpty }

    /// Returns how many bytes of calls ended since the last call of this method.
    mutating func takeReleased() -> Int {
        defer { releasedBytes = 0 }
        return releasedBytes
    }

    /// Accepts a call. `now` is the machine's monotonic clock, in microseconds.
    mutating func add(_ exchange: Exchange, now: Int64) {
        earliestDeadline = min(earliestDeadline, exchange.givesUpAt)
        if exchange.redirects > 3 {
            // It is redirected back and forth while a slot moves, so wait a little for the move.
            delay(exchange, exchange.redirects - 3, now)
        } else {
            waiting.append(exchange)
        }
    }

    /// Writes waiting calls until there are enough bytes. Returns false if there was nothing to write.
    mutating func fill(_ out: inout [UInt8], enough: Int) -> Bool {
        guard !waiting.isEmpty else { return false }
        while out.count < enough, let exchange = waiting.popFirst() {
            exchange.write(into: &out)
            sent.append(Sent(exchange: exchange, before: exchange.repliesBefore, needsTwo: exchange.second != nil))
        }
        return true
    }

    /// Queues calls again whose delay is over.
    mutating func revive(now: Int64) {
        guard putOff.contains(where: { $0.due <= now }) else { return }
        let due = putOff.filter { $0.due <= now }
        putOff.removeAll { $0.due <= now }
        waiting.prepend(contentsOf: due.map(\.exchange))
    }

    /// When the next delayed call is queued again; nil if there is none.
    var nextRevival: Int64? { putOff.map(\.due).min() }

    private mutating func delay(_ exchange: Exchange, _ times: Int, _ now: Int64) {
        let wait = Backoff.wait(times, first: 20_000, most: 500_000, random.fraction())
        putOff.append((now + wait, exchange))
    }

    mutating func release(_ exchange: Exchange) { releasedBytes += exchange.size }

    private mutating func end(_ exchange: Exchange, _ ending: Exchange.Ending) {
        release(exchange)
        exchange.finish(ending)
    }

    // MARK: For the endings

    mutating func mutateAll(waiting isKept: (Exchange) -> Bool, sent change: (inout Sent) -> Void) {
        waiting.filter { isKept($0) }
        putOff.removeAll { !isKept($0.exchange) }
        sent.filter {
            change(&$0)
            return true
        }
    }

    mutating func setEarliestDeadline(_ deadline: Int64) { earliestDeadline = deadline }

    mutating func finish(_ exchange: Exchange, _ error: StoreError) { end(exchange, .failed(error)) }

    mutating func takeSent() -> [Sent] {
        loadedScripts = []
        return sent.popAll()
    }

    mutating func putBack(_ exchanges: [Exchange]) { waiting.prepend(contentsOf: exchanges) }

    mutating func withFirstSent<A>(_ body: (inout Sent) -> A?) -> A? { sent.withFirst(body) ?? nil }

    /// Removes and returns all calls that were not sent.
    mutating func takeWaiting() -> [Exchange] {
        let all = putOff.map(\.exchange) + waiting.popAll()
        putOff = []
        return all
    }

    // MARK: Replies

    /// Matches a reply with its call and frees the reply. Throws if no reply was due.
    mutating func take(
        _ reply: UnsafeMutablePointer<redisReply>, from server: RedisAddress, now: Int64
    ) throws -> Demand {
        var isComplete = true
        let isDue: Void? = sent.withFirst { entry in
            if entry.before > 0 {
                entry.before -= 1
                isComplete = false
                freeReplyObject(reply)
            } else if entry.needsTwo, entry.first == nil {
                entry.first = reply
                isComplete = false
            }
        }
        guard isDue != nil else {
            freeReplyObject(reply)
            throw WireFailure.unreachable("\(server): it answers what nobody asked")
        }
        guard isComplete, let entry = sent.popFirst() else { return .nothing }
        defer {
            freeReplyObject(reply)
            if let first = entry.first { freeReplyObject(first) }
        }
        guard let exchange = entry.exchange else { return .nothing }
        let replies = [entry.first, reply].compactMap { $0 }.map { RedisReply(UnsafePointer($0)) }
        for reply in replies {
            guard let text = reply.error else { continue }
            return act(on: ServerError(text, from: server), exchange, replies, server, now)
        }
        end(exchange, .replies(replies[0], replies.count > 1 ? replies[1] : nil))
        return .nothing
    }

    private mutating func act(
        on error: ServerError, _ exchange: Exchange, _ replies: [RedisReply], _ server: RedisAddress, _ now: Int64
    ) -> Demand {
        switch error.kind {
        case .later, .notMaster:
            // The error means that the server did nothing.
            guard !exchange.isCast else { break }
            exchange.complaint = error.text
            exchange.putOffs += 1
            delay(exchange, exchange.putOffs, now)
            if case .notMaster = error.kind { return .leave }
            return .suspect
        case .unknownScript:
            guard let script = exchange.command.script, exchange.scriptMisses < 4 else { break }
            exchange.scriptMisses += 1
            // Of many calls that meet a server without the script, only one loads it.
            let isNew = loadedScripts.insert(script.sha).inserted
            exchange.loadsScript = isNew || exchange.scriptMisses > 1
            waiting.prepend(contentsOf: [exchange])
            return .nothing
        case .stranger where !exchange.isCast:
            switch judge(error.text, exchange.slot) {
            case .failed(let failure): end(exchange, .failed(failure))
            case .again(let why):
                exchange.complaint = why
                exchange.putOffs += 1
                delay(exchange, exchange.putOffs, now)
                return .suspect
            }
            return .nothing
        case .moved(let address?):
            exchange.redirects += 1
            return .redirect(exchange, address, asks: false)
        case .ask(let address?):
            exchange.redirects += 1
            return .redirect(exchange, address, asks: true)
        default: break
        }
        if exchange.takesErrors {
            end(exchange, .replies(replies[0], replies.count > 1 ? replies[1] : nil))
        } else if replies.count > 1, replies[0].error == nil {
            // The first command was executed, and its effects stay, whatever the second one returned.
            let line = error.storeError(exchange.name, at: server).description
            end(exchange, .failed(.unknownOutcome("\(exchange.command.name) was done; then \(line)")))
        } else {
            end(exchange, .failed(error.storeError(exchange.name, at: server)))
        }
        return .nothing
    }
}
