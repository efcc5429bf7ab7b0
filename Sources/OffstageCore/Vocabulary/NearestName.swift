// Finds the word that was meant: the one with the fewest letters added, dropped, changed or swapped with a neighbour.

/// The search for a mistyped word among the known ones.
package enum NearestName {
    /// Returns the known word nearest to `word`; nil if none is near enough.
    package static func of(_ word: String, among known: [String]) -> String? {
        let limit = max(1, word.count / 3)
        let near = known.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        if let near, near.distance <= limit { return near.name }
        return word.count >= 2 ? known.first { $0.hasPrefix(word) } : nil
    }

    private static func distance(_ first: String, _ second: String) -> Int {
        let (from, to) = (Array(first.utf8.prefix(64)), Array(second.utf8.prefix(64)))
        var before: [Int] = []
        var above = Array(0...to.count)
        for row in 0..<from.count {
            var current = [row + 1]
            for column in 0..<to.count {
                var best = above[column] + (from[row] == to[column] ? 0 : 1)
                best = min(best, above[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            (before, above) = (above, current)
        }
        return above[to.count]
    }
}
