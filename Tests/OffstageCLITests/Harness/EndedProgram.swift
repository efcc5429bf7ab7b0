// How a program that was started ended, for a test that goes on meanwhile.
import Synchronization

/// The end of a program, once it has come.
final class EndedProgram: Sendable {
    private let state = Mutex<ProgramResult?>(nil)

    /// Nil while it runs.
    var result: ProgramResult? { state.withLock { $0 } }

    func set(_ result: ProgramResult) { state.withLock { $0 = result } }
}
