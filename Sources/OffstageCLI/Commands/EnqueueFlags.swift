// The options that control how a job is enqueued, and their translation for the enqueuer.
import OffstageCore

/// The options of an enqueue.
enum EnqueueFlags {
    static let specs: [OptionSpec] = [
        .value("queue", "QUEUE", .name, "the queue (default)"),
        .value("in", "DURATION", .duration, "run it after this time"),
        .value("at", "TIME", .time, "run it at this time (RFC 3339; within ten years)"),
        .value("priority", "N", .count(0...9), "0 first to 9 last (4)"),
        .value("unique", "KEY", .text, "do not enqueue a second job of this type with this key"),
        .flag("unique-args", "do not enqueue a second job of this type with these arguments"),
        .value("unique-until", "WHEN", .oneOf(["started", "ended"]), "until when it is unique"),
        .value("unique-for", "DURATION", .duration, "how long it is unique at most"),
        .value("on-conflict", "ANSWER", .oneOf(["existing", "replace", "again"]), "what to do if it is not unique"),
        .value("max-attempts", "N", .count(1...Limits().attempts), "how many attempts it has (20)"),
        .value("timeout", "DURATION", .duration, "how long one attempt may run"),
        .value("expires", "DURATION", .duration, "do not start it after this time"),
        .value("tag", "TAG", .name, repeatable: true, "a word to find it by"),
        .value("meta", "KEY=VALUE", .pair, repeatable: true, "a small fact that travels with it"),
        .value("return", "NAME", .name, "announce its end on this return queue"),
    ]

    /// Returns the enqueuer's options for the command line.
    static func options(_ invocation: Invocation, seenAt now: Timestamp) throws -> EnqueueOptions {
        var options = EnqueueOptions()
        options.queue = invocation.text("queue")
        options.priority = invocation.count("priority")
        options.start = try invocation.start(seenAt: now) ?? .now
        options.maxAttempts = invocation.count("max-attempts")
        options.timeout = try invocation.duration("timeout")
        options.expires = try invocation.duration("expires").map { .after($0) }
        options.tags = invocation.texts("tag")
        for text in invocation.texts("meta") {
            let (key, value) = try PairText.parse(text)
            options.metadata[key] = value
        }
        options.returnQueue = invocation.text("return")
        options.unique = try unique(invocation)
        options.id = invocation.text("id").flatMap { JobID($0) }
        return options
    }

    private static func unique(_ invocation: Invocation) throws -> Unique? {
        let source: Unique.Source
        switch (invocation.text("unique"), invocation.has("unique-args")) {
        case (.some, true): throw UsageError("--unique and --unique-args exclude each other")
        case (let key?, false): source = .key(key)
        case (nil, true): source = .arguments
        case (nil, false):
            for name in ["unique-until", "unique-for", "on-conflict"] where invocation.has(name) {
                throw UsageError("--\(name) needs --unique KEY or --unique-args")
            }
            return nil
        }
        return Unique(
            source, until: try invocation.text("unique-until").map(release),
            for: try invocation.duration("unique-for"),
            onConflict: try invocation.text("on-conflict").map(conflict) ?? .existing)
    }

    /// Parses the value of `--unique-until`.
    static func release(_ word: String) throws(ValueError) -> UniqueRule.Release {
        switch word {
        case "started": .started
        case "ended": .ended
        default: throw ValueError("must be started or ended")
        }
    }

    /// Parses the value of `--on-conflict`.
    static func conflict(_ word: String) throws(ValueError) -> UniqueRule.Conflict {
        switch word {
        case "existing": .existing
        case "replace": .replace
        case "again": .again
        default: throw ValueError("must be existing, replace or again")
        }
    }
}
