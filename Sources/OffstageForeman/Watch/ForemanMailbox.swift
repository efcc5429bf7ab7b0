// What the foreman's thread shares with others: orders, and a pipe whose readable end means that there are some.
import CSystem
import Synchronization

/// Orders for the foreman's thread.
final class ForemanMailbox: Sendable {
    /// What the thread can be told.
    enum Order: Sendable {
        case advance(Roster.Stage)
        /// A death is reported, or will not be; with how many suspects there are of it.
        case reported(suspects: Int)
    }

    /// Readable while orders wait.
    let bell: Int32
    private let rope: Int32
    private let orders = Mutex<[Order]>([])

    init() throws(ForemanError) {
        var ends: (read: Int32, write: Int32) = (-1, -1)
        let problem = offstage_pipe(&ends.read, &ends.write)
        guard problem == 0 else { throw .system("make a pipe", problem) }
        (bell, rope) = ends
    }

    deinit {
        Descriptor.close(bell)
        Descriptor.close(rope)
    }

    /// Leaves an order; rings only for the first that waits.
    func post(_ order: Order) {
        let isFirst = orders.withLock { orders in
            orders.append(order)
            return orders.count == 1
        }
        if isFirst { Descriptor.writeByte(1, to: rope) }
    }

    /// Takes all orders.
    func collect() -> [Order] {
        var scratch = [UInt8](repeating: 0, count: 64)
        // The bell first: what is posted after this look rings it again.
        while case .bytes = Descriptor.read(bell, into: &scratch) {}
        return orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }
}
