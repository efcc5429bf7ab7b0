// The one thing that the watcher's thread shares with others: orders, and a pipe whose readable end means that there
// are some.
import CSystem
import Synchronization

/// Orders for the watcher's thread.
final class WatcherMailbox: Sendable {
    /// What the thread can be told.
    enum Order: Sendable {
        case start(UInt64, ProgramLaunch, ProgramChannel)
        case stop(UInt64)
        /// Look at the channels again.
        case look
        /// End when no program runs.
        case close
    }

    private struct State {
        var orders: [Order] = []
        var lastNumber: UInt64 = 0
    }

    /// Readable while orders wait.
    let bell: Int32
    private let rope: Int32
    private let state = Mutex(State())

    init() throws(ProgramWatcherError) {
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        let problem = offstage_pipe(&readEnd, &writeEnd)
        guard problem == 0 else { throw ProgramWatcherError(reason: Descriptors.reason(problem)) }
        bell = readEnd
        rope = writeEnd
    }

    deinit {
        var ends = (bell, rope)
        Descriptors.close(&ends.0)
        Descriptors.close(&ends.1)
    }

    /// A number that no program has had.
    func nextNumber() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Leaves an order; rings only for the first that waits.
    func post(_ order: Order) {
        let isFirst = state.withLock { state in
            state.orders.append(order)
            return state.orders.count == 1
        }
        if isFirst { _ = Descriptors.write([1], to: rope) }
    }

    /// Takes all orders; called by the thread.
    func collect() -> [Order] {
        var scratch: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
        // The bell first: what is posted after this look rings it again.
        while case .moved = Descriptors.read(bell, into: &scratch, limit: scratch.count) {}
        return state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }
}
