// Values that several commands read from the command line in the same way.
import OffstageCore

extension Invocation {
    /// The job named by the ID argument, which the parser has checked.
    func id() throws(UsageError) -> JobID {
        guard let text = argument("ID"), let id = JobID(text) else {
            throw UsageError("\(command.name) needs a job's ID")
        }
        return id
    }

    /// The filter from `--state`, `--queue`, `--type` and `--tag`.
    func filter() -> JobFilter {
        JobFilter(
            state: text("state").flatMap { JobState(name: $0) }, queue: text("queue"), type: text("type"),
            tag: text("tag"))
    }

    /// The start time from `--in` or `--at`; nil without either. Throws for a time beyond the horizon.
    func start(seenAt now: Timestamp) throws -> When? {
        if has("in"), has("at") { throw UsageError("--in and --at exclude each other") }
        if let delay = try duration("in") { return .after(delay) }
        guard let moment = text("at").flatMap({ Timestamp($0) }) else { return nil }
        do throws(InvalidJob) {
            try Limits().check(.at(moment), "time of --at", at: now)
        } catch {
            throw UsageError(error.description)
        }
        return .at(moment)
    }
}

extension OptionSpec {
    /// The options that select jobs.
    static let filters: [OptionSpec] = [
        .value("state", "STATE", .oneOf(JobState.allCases.map(\.name)), "only jobs in this state"),
        .value("queue", "QUEUE", .name, "only jobs of this queue"),
        .value("type", "TYPE", .name, "only jobs of this type"),
        .value("tag", "TAG", .name, "only jobs with this tag"),
    ]
}
