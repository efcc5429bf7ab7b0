// Which end of an attempt was accepted last. That is enough to recognise it when it is sent again because its reply was
// lost.

/// The token and kind of the end that was accepted last.
package struct SettleMark: Sendable, Hashable {
    /// The worker whose attempt ended.
    package let worker: WorkerID
    /// The number of its lease.
    package let counter: UInt64
    /// The number of the settlement's kind, or `crashed`.
    package let kind: Int

    /// The kind of a crash that another process reported; it follows the kinds of settlements.
    package static let crashed = 6

    /// Creates a mark from what was stored of it.
    package init(worker: WorkerID, counter: UInt64, kind: Int) {
        self.worker = worker
        self.counter = counter
        self.kind = kind
    }

    /// Creates the mark of a settlement.
    package init(_ settlement: Settlement) {
        self.init(
            worker: settlement.token.worker, counter: settlement.token.counter, kind: settlement.kind.number)
    }

    /// Creates the mark of a reported crash.
    package init(crashed token: Token) {
        self.init(worker: token.worker, counter: token.counter, kind: Self.crashed)
    }

    /// Returns whether this is an end that the holder of the token settled itself.
    package func isEnd(of token: Token) -> Bool {
        worker == token.worker && counter == token.counter && kind != Self.crashed
    }
}

extension Settlement.Kind {
    /// The kind's number in every store; stored, so never changed.
    package var number: Int {
        switch self {
        case .completed: 0
        case .retry: 1
        case .discarded: 2
        case .cancelled: 3
        case .snoozed: 4
        case .handedBack: 5
        }
    }

    /// The failure of the attempt, if there was one.
    package var failure: Failure? {
        switch self {
        case .completed, .snoozed: nil
        case .retry(_, let failure), .discarded(let failure): failure
        case .cancelled(let failure), .handedBack(let failure): failure
        }
    }

    /// Whether the job completed.
    package var isCompletion: Bool {
        if case .completed = self { true } else { false }
    }
}
