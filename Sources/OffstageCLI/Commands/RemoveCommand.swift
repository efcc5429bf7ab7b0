// `offstage remove`: removes the records of jobs that are not running.
import OffstageCore

/// The command that removes jobs.
enum RemoveCommand {
    static let spec = CommandSpec(
        "remove", "remove the records of jobs that do not run", details: Steering.details,
        arguments: Steering.arguments, options: Steering.options
    ) { context in try await Steering(verb: "remove", action: .remove).run(context) }
}
