// A store's answer to one enqueue, as the command line tells it.
import OffstageCore

/// What became of one enqueued job.
struct Stored {
    /// The job's id, or that of the one that was there before.
    var id: JobID
    /// The state of that job.
    var state: JobState
    /// Whether nothing new was stored, because the job was there before.
    var isDuplicate = false
    /// Whether a job that waited has these arguments now.
    var isReplaced = false

    /// Understands an answer; throws if the store refused the job.
    init(_ answer: EnqueueAnswer, id: JobID) throws(CommandFailure) {
        self.id = id
        switch answer {
        case .stored(let state):
            self.state = state
        case .repeated(let state):
            self.state = state
            isDuplicate = true
        case .duplicate(let holder, let state):
            self.id = holder
            self.state = state
            isDuplicate = true
        case .replaced(let holder, let state):
            self.id = holder
            self.state = state
            isReplaced = true
        case .refused(let reason):
            throw CommandFailure(reason)
        }
    }
}
