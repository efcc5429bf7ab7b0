// The account at the end of a test: the jobs that enqueuers know to be stored, compared with what became of them. The
// numbers are printed, because they contain more than the fact that a test passed.
import OffstageCore
import TestProcesses

/// What became of the accepted jobs.
struct Account: CustomStringConvertible {
    let accepted: Int
    private(set) var states: [JobState: Int] = [:]
    /// How many were removed manually, as requested.
    let removed: Int
    /// The numbers of accepted jobs that are neither stored nor removed.
    let lost: Set<Int>
    /// How many jobs began again in the same attempt, because a run had been interrupted.
    let begunAgain: Int
    /// How many jobs had a handler that returned more than once; one return of each was accepted.
    let returnedTwice: Int

    init(_ judge: Judge, accepted: Set<Int>, removed: Set<Int>) {
        self.accepted = accepted.count
        self.removed = removed.count
        var there: Set<Int> = []
        for (id, record) in judge.records {
            guard let number = TortureJobs.number(id), accepted.contains(number) else { continue }
            there.insert(number)
            states[record.state, default: 0] += 1
        }
        lost = accepted.subtracting(there).subtracting(removed)
        var begins: [String: Set<String>] = [:]
        var returns: [JobID: Set<String>] = [:]
        for run in judge.runs {
            // A sleepy job snoozes, and correctly begins again in the same attempt.
            if run.kind == .begin, run.type != TortureKind.sleepy.rawValue {
                begins["\(run.job) \(run.attempt)", default: []].insert(run.nonce)
            }
            if run.kind == .end { returns[run.job, default: []].insert(run.nonce) }
        }
        begunAgain = begins.count { $0.value.count > 1 }
        returnedTwice = returns.count { $0.value.count > 1 }
    }

    /// The number of accepted jobs that still wait or run.
    var waiting: Int { JobState.allCases.filter { !$0.isEnded }.reduce(0) { $0 + states[$1, default: 0] } }

    /// Whether every accepted job is accounted for.
    var isBalanced: Bool {
        let ended = JobState.allCases.filter(\.isEnded).reduce(0) { $0 + states[$1, default: 0] }
        return lost.isEmpty && accepted == ended + waiting + removed
    }

    var description: String {
        func count(_ state: JobState) -> String { "\(states[state, default: 0]) \(state.name)" }
        return "accepted \(accepted) = \(count(.completed)) + \(count(.discarded)) + \(count(.cancelled)) + "
            + "\(removed) removed + \(waiting) waiting + \(lost.count) lost; \(begunAgain) jobs began again, "
            + "\(returnedTwice) returned twice"
    }
}
