// How a started program ended, for a test that does other things in the meantime.
import Synchronization

/// The result of a program, available once it has ended.
final class EndedProgram: Sendable {
    private let state = Mutex<ProgramResult?>(nil)

    /// The result; nil while the program runs.
    var result: ProgramResult? { state.withLock { $0 } }

    func set(_ result: ProgramResult) { state.withLock { $0 = result } }
}
