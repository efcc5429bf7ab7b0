// The environment variables that describe a job to its program. Their names are part of the contract with every
// existing program.
public import OffstageCore

/// The environment variables that describe a job to its program.
public enum ProgramEnvironment {
    /// Returns the variables for a job. `store` is the URL by which the program's own `offstage` commands reach the
    /// store; nil leaves the variable out.
    public static func variables(for job: ReservedJob, store: String?) -> [String: String] {
        var variables = [
            "OFFSTAGE_JOB_ID": "\(job.id)",
            "OFFSTAGE_JOB_TYPE": job.type,
            "OFFSTAGE_JOB_QUEUE": job.queue,
            "OFFSTAGE_JOB_ATTEMPT": "\(job.token.attempt)",
            "OFFSTAGE_JOB_MAX_ATTEMPTS": "\(job.maxAttempts)",
            "OFFSTAGE_JOB_META": metadata(job.metadata),
            "OFFSTAGE_JOB_TOKEN": "\(job.token)",
        ]
        variables["OFFSTAGE_STORE"] = store
        return variables
    }

    private static func metadata(_ facts: [String: String]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
