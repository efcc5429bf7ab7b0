// `offstage retry`: runs jobs once more, immediately.
import OffstageCore

/// The command that retries jobs.
enum RetryCommand {
    static let spec = CommandSpec(
        "retry", "run jobs once more, at once", details: Steering.details,
        arguments: Steering.arguments, options: Steering.options
    ) { context in try await Steering(verb: "retry", action: .retry).run(context) }
}
