// Runs a sequence of steps on two fresh stores, and shrinks one that shows a difference to the steps that matter.
import OffstageCore
import OffstageTesting

/// Compares two kinds of stores.
struct Comparison: Sendable {
    /// Opens a fresh store.
    typealias Factory = @Sendable (StoreOptions) async throws -> any Store

    let first: Factory
    let second: Factory

    /// Runs a sequence. Returns the step that showed a difference and a description; nil if there was none.
    func run(_ steps: [Step]) async throws -> (index: Int, text: String)? {
        let time = ManualTime(at: World.start)
        let stores = [try await first(World.options(time)), try await second(World.options(time))]
        var pair = StorePair(stores[0], stores[1], time: time)
        var found: (Int, String)?
        for (index, step) in (steps + [.compareAll]).enumerated() {
            do {
                try await pair.run(step)
            } catch let difference as Difference {
                found = (index, difference.text)
                break
            } catch {
                found = (index, "threw \(error)")
                break
            }
        }
        for store in stores { await store.close() }
        return found
    }

    /// Returns the shortest sequence found that still shows a difference, with that difference.
    func shrink(_ steps: [Step], _ found: (index: Int, text: String)) async throws -> (steps: [Step], text: String) {
        var best = Array(steps.prefix(found.index + 1))
        var text = found.text
        var size = max(1, best.count / 2)
        while true {
            var hasCut = false
            var start = 0
            while start < best.count {
                var shorter = best
                shorter.removeSubrange(start..<min(best.count, start + size))
                if let found = try await run(shorter) {
                    best = Array(shorter.prefix(found.index + 1))
                    text = found.text
                    hasCut = true
                } else {
                    start += size
                }
            }
            if size == 1, !hasCut { return (best, text) }
            if !hasCut { size = max(1, size / 2) }
        }
    }

    /// Runs sequences from consecutive seeds. Returns a report on the first that shows a difference.
    func search(seed: UInt64, sequences: Int, length: Int = 50) async throws -> String? {
        for offset in 0..<UInt64(sequences) {
            var generator = StepGenerator(seed: seed &+ offset)
            let steps = generator.sequence(length)
            guard let found = try await run(steps) else { continue }
            let small = try await shrink(steps, found)
            let lines = small.steps.enumerated().map { "  \($0.offset). \($0.element)" }.joined(separator: "\n")
            let head = "OFFSTAGE_SEED=\(seed &+ offset) OFFSTAGE_SEQUENCES=1"
            return "\(head): after these steps the two stores differ in \(small.text)\n\(lines)"
        }
        return nil
    }
}
