// The log that handlers write for the tests to judge by: a line when a run begins and one when it ends, appended in
// one system call each, so that processes do not mix and a killed one leaves whole lines.
public import OffstageCore

/// One line of the runs' log.
public struct RunLine: Sendable {
    /// What happened to the run.
    public enum Kind: String, Sendable { case begin, end }

    /// What happened.
    public var kind: Kind
    /// The job.
    public var job: JobID
    /// Its type.
    public var type: String
    /// The attempt.
    public var attempt: Int
    /// Which grant of the job this is, counted by the store: every end of a started lease adds one.
    public var generation: Int
    /// The token's nonce: worker and counter.
    public var nonce: String
    /// The process.
    public var pid: Int
    /// The machine's monotonic microseconds.
    public var at: Int64

    /// Describes a run of a job.
    public init(_ kind: Kind, _ job: ReservedJob, pid: Int, at: Int64) {
        self.kind = kind
        self.job = job.id
        type = job.type
        attempt = job.token.attempt
        generation = job.token.attempt - 1 + job.interruptions
        nonce = "\(job.token.worker).\(job.token.counter)"
        self.pid = pid
        self.at = at
    }

    /// The line, without its end.
    public var text: String { "\(kind.rawValue) \(job) \(type) \(attempt) \(generation) \(nonce) \(pid) \(at)" }

    /// Reads a line; nil if it is not one.
    public init?(_ text: Substring) {
        let words = text.split(separator: " ")
        guard words.count == 8, let kind = Kind(rawValue: String(words[0])), let job = JobID(String(words[1])),
            let attempt = Int(words[3]), let generation = Int(words[4]), let pid = Int(words[6]),
            let at = Int64(words[7])
        else { return nil }
        self.kind = kind
        self.job = job
        type = String(words[2])
        self.attempt = attempt
        self.generation = generation
        nonce = String(words[5])
        self.pid = pid
        self.at = at
    }
}
