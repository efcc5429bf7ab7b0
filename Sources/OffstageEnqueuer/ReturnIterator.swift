// Reads a return queue one announcement at a time, without a round trip for each. It takes as many as its reader
// handled in the last tenth of a second, so that announcements do not sit in the iterator until their lease runs out.
// If the reader slows down nevertheless, the iterator drops the rest, and they are delivered again when their lease
// runs out.
import OffstageCore

/// Reads announcements one by one.
public struct ReturnIterator: AsyncIteratorProtocol {
    private let queue: ReturnQueue
    private var taken: [TakenAnnouncement] = []
    private var position = 0
    private var takenAt: Int64 = 0
    private var batch = 1
    private var interval = Self.shortest

    private static let ahead: Int64 = 100_000
    private static let shortest = Duration.milliseconds(5)
    private static let longest = Duration.milliseconds(250)

    init(_ queue: ReturnQueue) { self.queue = queue }

    /// Returns the next announcement, however long it takes; nil once the task is cancelled. Throws what the store
    /// throws.
    public mutating func next() async throws -> TakenAnnouncement? {
        while !Task.isCancelled {
            if position < taken.count, age < queue.lease.microseconds / 2 {
                position += 1
                return taken[position - 1]
            }
            adaptBatch()
            takenAt = queue.time.monotonicMicroseconds()
            taken = try await isQuiet() ? [] : queue.take(batch)
            position = 0
            if taken.isEmpty {
                do { try await queue.time.sleep(for: interval) } catch { return nil }
                interval = min(interval * 3 / 2, Self.longest)
            } else {
                interval = Self.shortest
            }
        }
        return nil
    }

    // Taking is a write, even if it takes nothing. While nothing comes, a peek is enough.
    private func isQuiet() async throws -> Bool {
        guard interval > Self.shortest else { return false }
        return try await queue.peek(1).isEmpty
    }

    private var age: Int64 { queue.time.monotonicMicroseconds() - takenAt }

    private mutating func adaptBatch() {
        guard position > 0 else {
            batch = 1
            return
        }
        let fitting = Int64(position) * Self.ahead / max(1, age)
        batch = min(Int(max(1, fitting)), batch * 2, Limits.batch)
    }
}
