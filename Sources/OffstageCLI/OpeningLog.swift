// While a store is being opened, its log lines are held back until it is open. A server that does not answer is
// therefore reported once, by the error that ends the opening, and not also by a warning for each attempt.
import OffstageCore
import Synchronization

/// A log that holds back its lines until the store is open.
final class OpeningLog: Log {
    private typealias Entry = (level: LogLevel, message: String, facts: [(String, String)])

    private static let most = 100
    private let log: any Log
    /// Nil once the store is open.
    private let held = Mutex<[Entry]?>([])

    init(_ log: any Log) { self.log = log }

    /// Writes the lines held back, and from now on passes every line on.
    func storeIsOpen() {
        let lines = held.withLock { held in
            defer { held = nil }
            return held ?? []
        }
        for line in lines { log.write(line.level, line.message, line.facts) }
    }

    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        let isHeld = held.withLock { held in
            guard let count = held?.count else { return false }
            if count < Self.most { held?.append((level, message, facts)) }
            return true
        }
        if !isHeld { log.write(level, message, facts) }
    }
}
