// Following one job by asking for it; see JobWatch for how often.
public import OffstageCore

extension Monitor {
    /// Follows a job: its record now, and again whenever it has changed, until it has ended.
    ///
    /// If the last record has not ended, or there was none, the job's record is gone.
    public func watch(_ id: JobID) -> JobWatch { JobWatch(monitor: self, id: id) }
}
