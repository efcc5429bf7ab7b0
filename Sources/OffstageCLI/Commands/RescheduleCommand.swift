// `offstage reschedule`: gives waiting jobs another start time.
import OffstageCore

/// The command that reschedules jobs.
enum RescheduleCommand {
    static let spec = CommandSpec(
        "reschedule", "give waiting jobs another time", details: Steering.details,
        arguments: Steering.arguments,
        options: [
            .value("in", "DURATION", .duration, "run them after this time"),
            .value("at", "TIME", .time, "run them at this time (RFC 3339; within ten years)"),
        ] + Steering.options
    ) { context in
        guard let start = try context.invocation.start(seenAt: context.time.now()) else {
            throw UsageError("reschedule needs --in DURATION or --at TIME")
        }
        return try await Steering(verb: "reschedule", action: .reschedule(start)).run(context)
    }
}
