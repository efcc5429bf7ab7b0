// What a program is told of its job, as variables; the names are part of the contract with every program anybody has
// written.
public import OffstageCore

/// The variables that tell a program about its job.
public enum ProgramEnvironment {
    /// The variables for a job; `store` is the URL by which the program's own `offstage` commands reach the store.
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
