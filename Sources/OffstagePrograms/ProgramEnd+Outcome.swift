// What a program's end means for its job.
package import OffstageCore

extension ProgramEnd {
    /// Returns the outcome of the attempt. Throws CancellationError if the program was stopped, because only the worker
    /// knows why it was.
    ///
    /// This also applies to a program that was stopped and exited with 0. Many programs exit cleanly when they are
    /// asked to end, with their work half done. If the job counted as completed, that work would be lost.
    package func outcome() throws(CancellationError) -> Outcome {
        if wasStopped { throw CancellationError() }
        switch status {
        case .exited(0):
            if let snooze { return .snoozed(.after(snooze)) }
            let result = ProgramResult(output: output, truncated: outputTruncated)
            return .returned(result: result.json, truncated: result.truncated)
        case .exited(65): return .discarded(Failure(.discard, message))
        case .exited(75):
            let failure = Failure(.retry, message)
            return retry.map { .retryAt(.after($0), failure) } ?? .failed(failure)
        case _ where shortage != nil: return .interrupted
        case .exited, .signalled, .notStarted, .machineShort: return .failed(Failure(.failed, message))
        }
    }

    /// What the machine was short of, in a few words, if the program did not run for that reason: nothing could be
    /// started, or only the shell, which reported that it could not fork and exited. Nil otherwise.
    var shortage: String? {
        switch status {
        case .machineShort(let reason): reason
        // The statuses of dash and bash in that case.
        case .exited(2), .exited(254): shellCouldNotFork ? errorTail.replacing("\n", with: "; ") : nil
        case .exited, .signalled, .notStarted: nil
        }
    }

    private var shellCouldNotFork: Bool {
        guard output.isEmpty, !errorTail.isEmpty else { return false }
        return errorTail.split(separator: "\n").allSatisfy { line in
            line.hasPrefix("sh: ")
                && (line.hasSuffix(": Cannot fork") || line.hasSuffix(": Resource temporarily unavailable"))
        }
    }
}
