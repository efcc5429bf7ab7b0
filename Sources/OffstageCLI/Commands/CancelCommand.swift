// `offstage cancel`: cancels jobs; running ones are asked to stop.
import OffstageCore

/// The command that cancels jobs.
enum CancelCommand {
    static let spec = CommandSpec(
        "cancel", "cancel jobs; running ones are asked to stop", details: Steering.details,
        arguments: Steering.arguments, options: Steering.options
    ) { context in try await Steering(verb: "cancel", action: .cancel).run(context) }
}
