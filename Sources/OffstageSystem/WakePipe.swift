// Wakes a thread that sleeps in poll(), with a byte in a pipe.
import Synchronization

/// A pipe that one thread polls and other threads write to.
package final class WakePipe: Sendable {
    /// The descriptor to poll for reading.
    package let reading: Int32
    private let writing: Int32

    /// Creates the pipe. Throws if the system has no descriptors left.
    package init() throws(SystemError) { (reading, writing) = try Descriptor.pipe() }

    /// Creates a pipe without which the program cannot continue.
    package static func needed() -> WakePipe {
        do { return try WakePipe() } catch { preconditionFailure("the system gives no pipe: \(error)") }
    }

    deinit {
        Descriptor.close(reading)
        Descriptor.close(writing)
    }

    /// Wakes the thread. A full pipe wakes it too.
    package func wake() { Descriptor.writeByte(1, to: writing) }

    /// Removes the bytes that were written.
    package func drain() {
        var bytes: UInt64 = 0
        // Fewer bytes than there is room for are all of them, so no second call is needed to see that none are left.
        while case .moved(8) = withUnsafeMutableBytes(of: &bytes, { Descriptor.read(reading, into: $0) }) {}
    }
}

/// Orders for a thread that sleeps in poll(); a wake pipe wakes the thread.
package final class Mailbox<Order: Sendable>: Sendable {
    private let pipe: WakePipe
    private let orders = Mutex<[Order]>([])

    /// Creates a mailbox. Throws if the system has no descriptors left.
    package init() throws(SystemError) { pipe = try WakePipe() }

    /// The descriptor to poll; it is readable while orders wait.
    package var reading: Int32 { pipe.reading }

    /// Leaves an order. Wakes the thread only if no other order is waiting.
    package func post(_ order: Order) {
        let isFirst = orders.withLock { orders in
            orders.append(order)
            return orders.count == 1
        }
        if isFirst { pipe.wake() }
    }

    /// Takes all orders; only the woken thread calls this.
    package func collect() -> [Order] {
        // Drain the pipe first: an order that is posted after this wakes the thread again.
        pipe.drain()
        return orders.withLock { orders in
            defer { orders = [] }
            return orders
        }
    }
}
