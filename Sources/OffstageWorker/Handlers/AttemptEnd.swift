// Errors by which handlers of our own say precisely how an attempt ended.
import OffstageCore

/// Thrown by a handler that knows its outcome, such as a program's exit status.
struct AttemptEnd: Error, Sendable {
    let outcome: Outcome
}
