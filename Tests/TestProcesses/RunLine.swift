// The log of handlers that the tests check: a line when a run begins and one when it ends. Each is appended in one
// system call, so that the lines of processes do not mix and a killed process leaves whole lines.
public import OffstageCore

/// One line of the log of runs.
public struct RunLine: Sendable {
    /// The event of a run.
    public enum Kind: String, Sendable { case begin, end }

    /// What happened.
    public var kind: Kind
    /// The job.
    public var job: JobID
    /// Its type.
    public var type: String
    /// The attempt.
    public var attempt: Int
    /// The number of this grant of the job, counted by the store: every end of a started lease adds one.
    public var generation: Int
    /// The token's nonce: worker and counter.
    public var nonce: String
    /// The process id.
    public var pid: Int
    /// The time, in microseconds of the machine's monotonic clock.
    public var at: Int64

    /// Creates a line for a run of a job.
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

    /// The line as text, without a newline.
    public var text: String { "\(kind.rawValue) \(job) \(type) \(attempt) \(generation) \(nonce) \(pid) \(at)" }

    /// Parses a line; nil if it is not one.
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
