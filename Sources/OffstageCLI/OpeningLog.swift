// A server that does not answer is told once, by the error that ends the opening, and not also by a warning of each
// attempt. What is logged while a store is opened is therefore held back until it is open.
import OffstageCore
import Synchronization

/// A log that keeps its first lines to itself until the store is open.
final class OpeningLog: Log {
    private typealias Entry = (level: LogLevel, message: String, facts: [(String, String)])

    private static let most = 100
    private let log: any Log
    /// Nil once the store is open.
    private let held = Mutex<[Entry]?>([])

    init(_ log: any Log) { self.log = log }

    /// Passes on what was held back, and from now on everything.
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
