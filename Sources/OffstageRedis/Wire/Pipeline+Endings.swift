// How calls end without a reply: their patience is over, the connection broke and they must not be sent again, or the
// client was closed. Each error states in one line what is known: whether the call may have been executed, where, and
// why.
import CHiredis
import OffstageCore

extension Pipeline {
    /// Ends the calls whose patience is over. `state` is the reason why there is no connection; nil if there is one, or
    /// if the first one is still being made. While it is nil, calls wait until their deadline instead of giving up
    /// early.
    mutating func expire(now: Int64, server: String, state: String?) {
        guard now >= earliestDeadline else { return }
        var next = Int64.max
        func isOver(_ exchange: Exchange) -> Bool {
            let end = state == nil ? exchange.deadline : exchange.givesUpAt
            if end > now { next = min(next, max(exchange.givesUpAt, now + 10_000)) }
            return end <= now
        }
        var over: [(Exchange, StoreError)] = []
        mutateAll(
            waiting: { exchange in
                guard isOver(exchange) else { return true }
                over.append((exchange, Self.unsent(exchange, server, state)))
                return false
            },
            sent: { entry in
                guard let exchange = entry.exchange, isOver(exchange) else { return }
                over.append((exchange, Self.unanswered(exchange, server, state)))
                entry.exchange = nil
            })
        setEarliestDeadline(next)
        for (exchange, error) in over { finish(exchange, error) }
    }

    /// Handles the loss of the connection: calls that can be sent again are queued, in their old order.
    mutating func lose(_ failure: WireFailure) {
        var again: [Exchange] = []
        for entry in takeSent() {
            if let first = entry.first { freeReplyObject(first) }
            guard let exchange = entry.exchange else { continue }
            exchange.mayBeDone = true
            exchange.loadsScript = false
            if exchange.isResent, !exchange.isCast {
                again.append(exchange)
            } else {
                finish(exchange, .unknownOutcome("\(failure) (while \(exchange.name) was on its way)"))
            }
        }
        putBack(again)
    }

    /// Ends the first sent call, whose reply is too large. Sending it again would fail in the same way.
    mutating func failFirst(_ text: String, server: String) {
        let exchange = withFirstSent { entry in
            defer { entry.exchange = nil }
            return entry.exchange
        }
        if let exchange { finish(exchange, .failed("\(server): \(exchange.name): \(text)")) }
    }

    /// Ends all waiting calls.
    mutating func failWaiting(_ error: (Exchange) -> StoreError) {
        for exchange in takeWaiting() { finish(exchange, error(exchange)) }
    }

    private static func unsent(_ exchange: Exchange, _ server: String, _ state: String?) -> StoreError {
        let within = "within \(exchange.patience)"
        if exchange.mayBeDone {
            let why = state ?? exchange.complaint.map { "\(server): \($0)" } ?? "it was not sent again"
            return .unknownOutcome("\(server): the connection broke while \(exchange.name) was on its way; \(why)")
        }
        if let complaint = exchange.complaint {
            return .busy("\(server): \(exchange.name): \(complaint) (tried \(exchange.putOffs) times \(within))")
        }
        if let state { return .failed("\(state) (\(exchange.name) could not be sent \(within))") }
        return .failed("\(server): it takes no commands (\(exchange.name) could not be sent \(within))")
    }

    private static func unanswered(_ exchange: Exchange, _ server: String, _ state: String?) -> StoreError {
        .unknownOutcome("\(server): no answer to \(exchange.name) within \(exchange.patience)")
    }
}
