// A mismatch between a job's arguments and its handler: an old job after a deploy, or a wrong enqueue.
import OffstageCore

/// Thrown when a job's arguments cannot be decoded as the type that its handler takes. It counts as a failed attempt,
/// so that a deploy can fix it.
struct UnfitArguments: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ type: String, _ error: any Error) {
        description = "the arguments do not fit \(type): \(JSONReading.reason(error))"
    }
}
