// The lines it hears, read on a thread of their own: the end of the input ends the process, whatever else it is doing.
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

    /// The next line; blocks.
    func next() -> String {
        arrived.wait()
        return lines.withLock { $0.removeFirst() }
    }
}
