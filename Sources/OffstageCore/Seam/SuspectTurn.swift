// Decides whose turn it is to run a suspect of a crash. A suspect takes a whole worker. If every worker took one,
// ordinary jobs would wait until the longest of them has ended. Every store therefore gives a suspect only to a worker
// whose turn it is, by the rule below: where several workers take the same jobs, at least one of them serves ordinary
// ones.

extension WorkSelection {
    /// Returns whether a worker of this selection may take a suspect now.
    ///
    /// It may if no other worker that takes some of the same jobs is busy with a suspect. Otherwise it may if more of
    /// the others are free than are busy, so up to half of a large fleet runs suspects at the same time.
    ///
    /// - Parameters:
    ///   - busy: The selections of the other workers that hold a suspect or have the turn; nil for an unknown
    ///     selection.
    ///   - free: The selections of the other live workers that are not busy, not quiet, and were seen within a lease
    ///     time.
    package func hasTurn(busy: [WorkSelection?], free: @autoclosure () throws -> [WorkSelection]) rethrows -> Bool {
        let rivals = busy.count { $0.map(overlaps) ?? true }
        guard rivals > 0 else { return true }
        return try rivals < free().count { $0.covers(self) }
    }

    /// Returns whether there may be a job that both selections take.
    package func overlaps(_ other: WorkSelection) -> Bool {
        guard !types.isDisjoint(with: other.types) else { return false }
        guard let queues, let others = other.queues else { return true }
        return queues.contains { others.contains($0) }
    }

    /// Returns whether this selection takes every job that the other takes.
    package func covers(_ other: WorkSelection) -> Bool {
        guard other.types.isSubset(of: types) else { return false }
        guard let queues else { return true }
        guard let others = other.queues else { return false }
        return others.allSatisfy { queues.contains($0) }
    }
}
