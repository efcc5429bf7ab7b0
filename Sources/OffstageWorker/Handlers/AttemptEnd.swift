// An error by which the project's own handlers state exactly how an attempt ended.
import OffstageCore

/// Thrown by a handler that knows its outcome, for example from a program's exit status.
struct AttemptEnd: Error, Sendable {
    let outcome: Outcome
}
