// A job and its handler that do not agree on the arguments: an old job after a deploy, or a wrong enqueue.
import OffstageCore

/// Thrown when a job's arguments cannot be decoded as its handler's type; counts as a failed attempt, so that a
/// deploy can mend it.
struct UnfitArguments: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ type: String, _ error: any Error) {
        description = "the arguments do not fit \(type): \(JSONReading.reason(error))"
    }
}
