// Follows one job by polling; see JobWatch for the interval.
public import OffstageCore

extension Monitor {
    /// Follows a job: its record now, and again whenever it has changed, until the job has ended.
    ///
    /// If the last record is not of an ended job, or there was no record at all, the job's record no longer exists.
    public func watch(_ id: JobID) -> JobWatch { JobWatch(monitor: self, id: id) }
}
