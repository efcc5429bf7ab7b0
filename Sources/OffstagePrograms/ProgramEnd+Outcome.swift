// What a program's end means for its job.
package import OffstageCore

extension ProgramEnd {
    /// The outcome of the attempt; throws CancellationError if the program was stopped, as only the worker knows why
    /// it was.
    ///
    /// That holds for a program that was stopped and exited with 0, too: many end politely when they are asked to,
    /// with their work half done, and a job that is called complete for that would be lost.
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
        case .machineShort: return .interrupted
        case .exited, .signalled, .notStarted: return .failed(Failure(.failed, message))
        }
    }
}
