// The lines of standard input, read on a dedicated thread. The end of the input ends the process, whatever else it is
// doing.
import Foundation
import Synchronization

final class Input: Sendable {
    private let lines = Mutex<[String]>([])
    private let arrived = DispatchSemaphore(value: 0)

    init() {
        Thread.detachNewThread {
            while let line = readLine() {
                self.lines.withLock { $0.append(line) }
                self.arrived.signal()
            }
            exit(3)
        }
    }

    /// Returns the next line; blocks until there is one.
    func next() -> String {
        arrived.wait()
        return lines.withLock { $0.removeFirst() }
    }
}
